// A law that a fuzz target states: what must hold for every input. Not an assert, because it must
// also hold in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace socketio::fuzz {

inline void law(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this does not hold: %s\n", sentence);
  std::abort();
}

}  // namespace socketio::fuzz
