// Real picture files for the tests, made without any library: PNGs with the wanted measures.
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";

// PNG's checksum; Node.js 18 has none to offer.
const table = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

// `pixel(x, y)` gives [red, green, blue].
export function png(width, height, pixel) {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(pixel(x, y), y * (1 + width * 3) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

// A sunset over hills: small, and nice to look at in the screenshots.
export const landscape = (width = 480, height = 320) => png(width, height, (x, y) => {
  const horizon = height * (0.68 + 0.09 * Math.sin((x / width) * 7) + 0.04 * Math.sin((x / width) * 19));
  const near = height * (0.84 + 0.06 * Math.sin((x / width) * 5 + 2));
  if (y > near) return [24, 68, 60];
  if (y > horizon) return [47, 103, 92];
  if (Math.hypot(x - width * 0.66, y - height * 0.52) < height * 0.13) return [255, 236, 190];
  const t = y / horizon;
  return [Math.round(70 + 178 * t), Math.round(96 + 84 * t), Math.round(140 - 30 * t)];
});

// Noise cannot be compressed: a PNG of about 3 * width * height bytes.
export function noise(width, height) {
  const bytes = randomBytes(width * height * 3);
  return png(width, height, (x, y) => bytes.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));
}
