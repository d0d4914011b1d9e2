// Counts what the calling thread allocates, by standing in front of malloc(). Included by one file
// of a program, because it defines operator new.
//
// The sanitizers bring their own allocator, and under them frames are not pooled: then nothing is
// counted, and the tests that count are skipped.
#pragma once

#include "../../src/base/sanitizers.hpp"  // for programs that see only the public headers too

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <malloc.h>
#include <new>

namespace socketio::test {

inline thread_local constinit long allocations = 0;
inline thread_local constinit long live_bytes = 0;  // allocated less freed
inline thread_local constinit long peak_bytes = 0;  // the most of them since a test set it back
// An allocation of so many bytes or more fails.
inline thread_local constinit std::size_t bytes_refused = std::numeric_limits<std::size_t>::max();

}  // namespace socketio::test

#if SOCKETIO_ANY_SANITIZER
#define SOCKETIO_SKIP_UNLESS_COUNTED() GTEST_SKIP() << "the sanitizers bring their own allocator"
#else
#define SOCKETIO_SKIP_UNLESS_COUNTED() static_cast<void>(0)

// Not inlined, or g++ takes malloc() and operator delete for a mismatched pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  using namespace socketio::test;
  ++allocations;
  void* const memory = size < bytes_refused ? std::malloc(size ? size : 1) : nullptr;
  if (!memory) throw std::bad_alloc();
  live_bytes += static_cast<long>(malloc_usable_size(memory));
  if (live_bytes > peak_bytes) peak_bytes = live_bytes;
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory) socketio::test::live_bytes -= static_cast<long>(malloc_usable_size(memory));
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
#endif
