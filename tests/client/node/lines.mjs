// JSON lines in both directions. Bytes cannot stand in JSON: they are written {"$binary":"<base64>"}.
import { writeSync } from "node:fs";

export function to_wire(value) {
  if (value instanceof ArrayBuffer) return { $binary: Buffer.from(value).toString("base64") };
  if (ArrayBuffer.isView(value)) {
    return { $binary: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (Array.isArray(value)) return value.map(to_wire);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, to_wire(one)]));
}

export function from_wire(value) {
  if (Array.isArray(value)) return value.map(from_wire);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$binary === "string") return Buffer.from(value.$binary, "base64");
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, from_wire(one)]));
}

/** At once, so that nothing is lost when the process ends; whoever started us reads all the time. */
export function send_line(object) {
  let rest = Buffer.from(JSON.stringify(to_wire(object)) + "\n");
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code === "EPIPE") return; // nobody listens any more
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

export function record(ev, fields) {
  send_line({ ev, ...fields });
}
