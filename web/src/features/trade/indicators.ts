// Curves over closing prices. They are drawn, never traded on: numbers are enough.
export interface Bar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export type Curve = (number | null)[];

export function sma(values: readonly number[], length: number): Curve {
  let sum = 0;
  return values.map((value, at) => {
    sum += value - (at >= length ? values[at - length]! : 0);
    return at >= length - 1 ? sum / length : null;
  });
}

export function ema(values: readonly number[], length: number): Curve {
  const weight = 2 / (length + 1);
  let last = 0;
  return values.map((value, at) => {
    last = at === 0 ? value : value * weight + last * (1 - weight);
    return at >= length - 1 ? last : null;
  });
}

/** From the first bar on. */
export function vwap(bars: readonly Bar[]): Curve {
  let volume = 0;
  let value = 0;
  return bars.map((bar) => {
    volume += bar.volume;
    value += ((bar.high + bar.low + bar.close) / 3) * bar.volume;
    return volume > 0 ? value / volume : null;
  });
}

export function bollinger(values: readonly number[], length: number, width: number): [Curve, Curve] {
  const middle = sma(values, length);
  const spread = values.map((_, at) => {
    const mean = middle[at];
    if (mean === null || mean === undefined) return null;
    const part = values.slice(at - length + 1, at + 1);
    return width * Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length);
  });
  const moved = (sign: number) => middle.map((mean, at) => (mean === null || spread[at] === null ? null : mean + sign * spread[at]!));
  return [moved(1), moved(-1)];
}

/** Wilder's relative strength index. */
export function rsi(values: readonly number[], length: number): Curve {
  let gain = 0;
  let loss = 0;
  return values.map((value, at) => {
    if (at === 0) return null;
    const change = value - values[at - 1]!;
    const [up, down] = [Math.max(change, 0), Math.max(-change, 0)];
    if (at <= length) {
      gain += up / length;
      loss += down / length;
      if (at < length) return null;
    } else {
      gain = (gain * (length - 1) + up) / length;
      loss = (loss * (length - 1) + down) / length;
    }
    return gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
  });
}

export function macd(values: readonly number[]): [Curve, Curve] {
  const [fast, slow] = [ema(values, 12), ema(values, 26)];
  const line = values.map((_, at) => (slow[at] === null ? null : fast[at]! - slow[at]!));
  const from = line.findIndex((value) => value !== null);
  if (from < 0) return [line, line];
  const signal = ema(line.slice(from) as number[], 9);
  return [line, [...Array<null>(from).fill(null), ...signal]];
}
