import { Component, type ComponentChildren } from "preact";
import { texts } from "../i18n/texts";

/** One panel that fails does not take the others with it. */
export class Boundary extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  static override getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    const t = texts.value;
    return (
      <div class="notice bad" role="alert">
        <p>{t.error.panel}</p>
        <button type="button" class="button small" onClick={() => location.reload()}>{t.common.reload}</button>
      </div>
    );
  }
}
