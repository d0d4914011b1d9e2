// A small generator with a fixed seed (mulberry32), so that the vectors are the same each time.
export function random_from(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, pick: (list) => list[below(list.length)], chance: (one_in) => below(one_in) === 0 };
}

/** Changes, removes, adds or doubles a few characters of `text`. */
export function mutated(random, text, alphabet) {
  let out = text;
  for (let n = random.below(3); n >= 0; n--) {
    const at = random.below(out.length + 1);
    const one = random.pick(alphabet);
    switch (random.below(4)) {
      case 0: out = out.slice(0, at) + one + out.slice(at); break;
      case 1: out = out.slice(0, at) + out.slice(at + 1); break;
      case 2: out = out.slice(0, at) + one + out.slice(at + 1); break;
      default: out = out.slice(0, at) + out.slice(Math.max(0, at - 3)); break;
    }
  }
  return out;
}
