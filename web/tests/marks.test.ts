import { describe, expect, it } from "vitest";
import { readMarks } from "../src/features/trade/chart-marks";

const level = { kind: "level", points: [{ time: 0, price: 3_500_000 }] };
const trend = { kind: "trend", points: [{ time: 60, price: 1 }, { time: 120, price: 2 }] };

describe("drawings that storage holds", () => {
  it("come back as they were", () => expect(readMarks(JSON.stringify([level, trend]))).toEqual([level, trend]));

  it.each([null, "", "{", "7", "null", '{"kind":"level"}', "[null]", '[{"kind":"circle","points":[]}]', '[{"kind":"trend","points":[{"time":1,"price":2}]}]', '[{"kind":"level","points":[{"time":1,"price":"2"}]}]'])("leave out what is no drawing: %s", (text) => expect(readMarks(text)).toEqual([]));

  it("are fifty at most, the newest", () => {
    const many = Array.from({ length: 60 }, (_, at) => ({ kind: "level", points: [{ time: 0, price: at }] }));
    expect(readMarks(JSON.stringify(many)).map((mark) => mark.points[0]!.price)).toEqual(Array.from({ length: 50 }, (_, at) => at + 10));
  });
});
