// A socket on /ws that comes back by itself. Subscriptions are counted; the last one that goes is ended five seconds later.
import { signal } from "@preact/signals";

export interface Message {
  type: string;
  stream?: string;
  symbol?: string;
  mode?: string;
  interval?: string;
  sequence?: number;
  epoch?: string;
  checksum?: number;
  action?: string;
  timestamp: number;
  data?: unknown;
  error?: { code: string; message: string };
}

export type State = "connecting" | "live" | "stale" | "lost";
type Listener = (message: Message) => void;

/** What a stream is asked for; mode and interval tell streams apart, the others say how one is told. */
export interface Options {
  mode?: string;
  interval?: string;
  interval_ms?: number;
  snapshot?: boolean;
}

interface Subscription {
  stream: string;
  symbol: string;
  options: Options;
  listeners: Set<Listener>;
  ending: number;
}

const GRACE_MS = 5_000;
const PING_MS = 20_000;
const SILENCE_MS = 10_000;
const HIDDEN_MS = 60_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

const keyOf = (stream: string, symbol: string, { mode = "", interval = "" }: Options): string => `${stream}|${symbol}|${mode}|${interval}`;

export class LiveSocket {
  readonly state = signal<State>("connecting");
  /** When the last message came, by this machine's clock. */
  heardAt = 0;
  /** The server's clock minus ours, as the last pong had it; half a round trip is not known. */
  readonly offsetMs = signal(0);
  readonly opened = new Set<() => void>();
  private socket: WebSocket | null = null;
  private readonly subscriptions = new Map<string, Subscription>();
  private wait = FIRST_WAIT_MS;
  private timer = 0;
  private pulse = 0;
  private overdue = 0;
  private pingedAt = 0;
  private wanted = false;
  private hiding = 0;

  /** `token` signs the socket in; null leaves it public. */
  constructor(
    private readonly token: (() => string) | null,
    private readonly renew: () => Promise<boolean> = async () => false,
  ) {
    document.addEventListener("visibilitychange", () => this.seen());
    window.addEventListener("online", () => this.now());
  }

  start(): void {
    this.wanted = true;
    if (!this.socket) this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.drop(1000);
    clearTimeout(this.timer);
  }

  /** Connect at once instead of after the wait. */
  retry(): void {
    if (!this.wanted || this.socket?.readyState === WebSocket.OPEN) return;
    this.drop(1000);
    this.now();
  }

  subscribe(stream: string, symbol: string, listener: Listener, options: Options = {}): () => void {
    const key = keyOf(stream, symbol, options);
    let found = this.subscriptions.get(key);
    if (!found) {
      found = { stream, symbol, options, listeners: new Set(), ending: 0 };
      this.subscriptions.set(key, found);
      if (!this.token || this.state.value === "live") this.say("subscribe", found);
    } else if (found.listeners.size === 0) {
      clearTimeout(found.ending);
      this.resubscribe(found);
    }
    const mine = found;
    mine.listeners.add(listener);
    return () => {
      mine.listeners.delete(listener);
      if (mine.listeners.size > 0) return;
      mine.ending = window.setTimeout(() => {
        if (mine.listeners.size > 0) return;
        this.subscriptions.delete(key);
        this.say("unsubscribe", mine);
      }, GRACE_MS);
    };
  }

  /** A stream that begins again: its listeners hear a new snapshot. */
  again(stream: string, symbol: string): void {
    const found = this.subscriptions.get(keyOf(stream, symbol, {}));
    if (found) this.resubscribe(found);
  }

  send(message: object): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private resubscribe(found: Subscription): void {
    if (this.token && this.state.value !== "live") return; // it is said once the socket is signed in
    this.say("unsubscribe", found);
    this.say("subscribe", found);
  }

  private begin(): void {
    for (const subscription of this.subscriptions.values()) this.say("subscribe", subscription);
  }

  private say(action: "subscribe" | "unsubscribe", { stream, symbol, options }: Subscription): void {
    const { mode, interval } = options;
    this.send({ action, stream, ...(symbol && { symbol }), ...(action === "subscribe" ? options : { mode, interval }) });
  }

  private connect(): void {
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket = socket;
    if (this.state.value === "lost") this.state.value = "connecting";
    socket.addEventListener("open", () => {
      const token = this.token?.();
      if (token) this.send({ action: "auth", token });
      else this.begin();
      this.ping();
    });
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data as string) as Message));
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) this.closed(event.code);
    });
  }

  private hear(message: Message): void {
    this.heardAt = Date.now();
    clearTimeout(this.overdue);
    if (message.type === "connected") this.wait = FIRST_WAIT_MS;
    if (message.type === "pong") this.offsetMs.value = message.timestamp - (this.pingedAt + this.heardAt) / 2;
    if (message.type === "token_expiring") void this.renew().then((done) => done && this.send({ action: "auth", token: this.token?.() }));
    if (this.state.value !== "live" && (message.type === "authenticated" || (message.type === "connected" && !this.token))) {
      this.state.value = "live";
      if (this.token) this.begin();
      for (const listener of this.opened) listener();
    }
    if (this.state.value === "stale") this.state.value = "live";
    for (const each of this.subscriptions.values()) {
      const mine = message.stream ? each.stream === message.stream && each.options.mode === message.mode && each.options.interval === message.interval : true;
      if (mine && (!each.symbol || !message.symbol || each.symbol === message.symbol)) {
        for (const listener of each.listeners) listener(message);
      }
    }
  }

  private ping(): void {
    clearTimeout(this.pulse);
    this.pingedAt = Date.now();
    if (this.send({ action: "ping" })) {
      this.overdue = window.setTimeout(() => {
        this.state.value = "stale";
        this.drop(4000);
        this.later();
      }, SILENCE_MS);
      this.pulse = window.setTimeout(() => this.ping(), PING_MS);
    }
  }

  private drop(code: number): void {
    clearTimeout(this.pulse);
    clearTimeout(this.overdue);
    const socket = this.socket;
    this.socket = null;
    socket?.close(code === 1000 ? 1000 : 4000);
  }

  private closed(code: number): void {
    this.drop(1000);
    this.state.value = "lost";
    if (!this.wanted || code === 4404) return;
    if (code === 4401) {
      void this.renew().then((done) => done && this.later());
      return;
    }
    if (code === 1012) this.wait = FIRST_WAIT_MS;
    if (code === 4429 || code === 1013) this.wait = Math.max(this.wait, LONGEST_WAIT_MS / 3);
    this.later();
  }

  private later(): void {
    clearTimeout(this.timer);
    if (!this.wanted) return;
    this.timer = window.setTimeout(() => this.connect(), this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  private now(): void {
    if (!this.wanted || this.socket) return;
    this.wait = FIRST_WAIT_MS;
    this.connect();
  }

  private seen(): void {
    clearTimeout(this.hiding);
    if (!document.hidden) {
      this.now();
      return;
    }
    this.hiding = window.setTimeout(() => {
      this.drop(1000);
      this.state.value = "lost";
      clearTimeout(this.timer);
    }, HIDDEN_MS);
  }
}
