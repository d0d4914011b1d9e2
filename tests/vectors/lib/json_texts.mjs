// JSON as JavaScript reads and writes it (PK-13): numbers, strings, and texts that are or are not JSON.
import { mutated, random_from } from "./random.mjs";

function bits(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString("hex");
}

function doubles() {
  const list = [
    0, -0, 1, -1, 0.1, 0.2, 0.1 + 0.2, 1 / 3, 100, 1e5, 123456.789, 1e20, 1e21, 1e22, -1e21, 123456789012345680000, 1.5e300, 1e-5,
    1e-6, 1.5e-6, 1e-7, 1.5e-7, -1e-7, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53,
    2 ** 53 + 2, 2 ** 63, 2 ** 64, 4.35, 4.349999999999999, 9007199254740993, 1e23, 9.5e-7, 0.000001, 0.0000012345, 12345678901234567890,
    NaN, Infinity, -Infinity,
  ];
  const random = random_from(754);
  const view = new DataView(new ArrayBuffer(8));
  for (let n = 0; n < 400; n++) {
    view.setUint32(0, random.below(2 ** 32));
    view.setUint32(4, random.below(2 ** 32));
    list.push(view.getFloat64(0));
  }
  for (let n = 0; n < 200; n++) list.push((random.below(2 ** 31) - 2 ** 30) / 10 ** random.below(12));
  for (let n = -30; n < 30; n++) list.push(10 ** n, 1.25 * 10 ** n, -9.99 * 10 ** n);
  return list;
}

const strings = [
  "", "plain", "€ é 😀", '"', "\\", "/", "\b\f\n\r\t", "\u007f", "\u0080", "\u2028\u2029", "</script>", "a\u0000b", "\ufffd", "\ufeff",
  Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join(""), "x".repeat(100) + '"' + "y".repeat(100),
];

const texts = [
  "null", "true", "false", "0", "-0", "1", "-1", "1.0", "1.5", "1e3", "1E+3", "1e-3", "0.1", '""', '"a"', "[]", "{}", "[1,2,3]",
  '{"a":1,"b":[true,null]}', ' [ 1 , { "a" : "b" } ] ', "\t\r\n1", '"\\u0041\\n\\/\\""', '"\\ud83d\\ude00"', '{"":""}', "[[[[]]]]",
  "9007199254740991", "-9007199254740991", "18446744073709551616", "100000000000000000000", "-9223372036854775809",
  "123456789012345678901234567890", "[1,123456789012345678901234567890,2]", '{"a":-36893488147419103232}',
  '["123456789012345678901234567890"]', "1e20", "1.7976931348623157e308", "5e-324", "1e-400", "0e0", "-0.0", "0.0000001",
  '{"a":1,"a":2}',
  // not JSON
  "", " ", "nul", "nulll", "True", "01", "-", "+1", ".5", "1.", "1e", "0x10", "NaN", "Infinity", "'a'", '"', '"a', '"\\x"', '"\\u12"',
  '"\n"', '"\t"', "[", "]", "[1", "[1,", "[1,]", "[,1]", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,}', "{a:1}", '{"a" 1}', "{1:1}",
  "[1 2]", "1 2", "[]]", "{}{}", "//", "[1]//", "\u00a01", "undefined", "\u0000", "[1,12345678901234567890123456789x]",
];
const lone_surrogates = [
  ['"\\ud800"', "\ufffd"], ['"a\\udc00b"', "a\ufffdb"], ['"\\ud800\\ud800"', "\ufffd\ufffd"], ['"\\ud800x"', "\ufffdx"],
  ['"\\udc00\\ud800"', "\ufffd\ufffd"], ['"\\ud800\\u0041"', "\ufffdA"], ['"\\ud800\\ud83d\\ude00"', "\ufffd😀"], ['"\\\\ud800"', "\\ud800"],
  ['["\\ud800",123456789012345678901]', ["\ufffd", 123456789012345680000]],
];

function read(text) {
  try {
    return { value: JSON.stringify(JSON.parse(text)) };
  } catch {
    return { error: true };
  }
}

export function json_texts() {
  const numbers = doubles().map((one) => ({ bits: bits(one), text: JSON.stringify(one) }));
  const quoted = strings.map((one) => ({ string: one, text: JSON.stringify(one) }));
  const parsed = texts
    .filter((text) => text !== '{"a":1,"a":2}')
    .map((text) => ({ text, ...read(text) }));
  const repaired = lone_surrogates.map(([text, value]) => {
    JSON.parse(text);
    return { text, value: JSON.stringify(value) };
  });
  const random = random_from(8259);
  const alphabet = [..."0123456789.-eE[]{}\",:\\ \ntfnulrsa"];
  const mutants = [];
  while (mutants.length < 500) {
    const text = mutated(random, random.pick(texts.slice(0, 41)), alphabet);
    const result = read(text);
    // Left out: whole numbers that JavaScript rounds and 64 bits hold, names that are given twice or look
    // like numbers, and numbers beyond the range of a double.
    if (/\d{16,19}(?!\d)/.test(text) || /e\+?\d{3}/i.test(text) || /"(\d*)"\s*:.*"\1"\s*:|"\d+"\s*:|\\u/.test(text)) continue;
    if ((text.match(/"\s*:/g) ?? []).length > 1 && new Set(text.match(/"[^"]*"\s*:/g)).size !== text.match(/"[^"]*"\s*:/g)?.length) continue;
    mutants.push({ text, ...result });
  }
  return { numbers, quoted, parsed, repaired, mutants };
}
