#include "wire/wide_text.hpp"

#include <iterator>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace socketio::wire {
namespace {

std::size_t plain_none(std::string_view, bool&) noexcept { return 0; }
std::size_t unmask_none(std::span<char>, std::uint64_t) noexcept { return 0; }

#ifdef __x86_64__

// ---- SSE2: every x86-64 has it

__m128i load_16(const char* at) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Zero where a byte ends plain text: the smallest of three differences, each zero for its own kind.
__m128i distance_16(__m128i bytes) noexcept {
  const __m128i from_quote = _mm_xor_si128(bytes, _mm_set1_epi8('"'));
  const __m128i from_backslash = _mm_xor_si128(bytes, _mm_set1_epi8('\\'));
  const __m128i above_control = _mm_subs_epu8(bytes, _mm_set1_epi8(0x1F));
  return _mm_min_epu8(_mm_min_epu8(from_quote, from_backslash), above_control);
}

std::size_t plain_sse2(std::string_view text, bool& ascii) noexcept {
  __m128i seen = _mm_setzero_si128();
  std::size_t i = 0;
  for (; i + 64 <= text.size(); i += 64) {
    const __m128i a = load_16(text.data() + i), b = load_16(text.data() + i + 16),
                  c = load_16(text.data() + i + 32), d = load_16(text.data() + i + 48);
    const __m128i nearest = _mm_min_epu8(_mm_min_epu8(distance_16(a), distance_16(b)),
                                         _mm_min_epu8(distance_16(c), distance_16(d)));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(nearest, _mm_setzero_si128())) != 0) break;
    seen = _mm_or_si128(seen, _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)));
  }
  ascii &= _mm_movemask_epi8(seen) == 0;
  return i;
}

std::size_t unmask_sse2(std::span<char> data, std::uint64_t key) noexcept {
  const __m128i wide = _mm_set1_epi64x(static_cast<long long>(key));
  std::size_t i = 0;
  for (; i + 64 <= data.size(); i += 64) {
    auto* const at = reinterpret_cast<__m128i*>(data.data() + i);
    for (int k = 0; k < 4; ++k)
      _mm_storeu_si128(at + k, _mm_xor_si128(_mm_loadu_si128(at + k), wide));
  }
  return i;
}

// ---- AVX2: the same, twice as wide

#define SOCKETIO_AVX2 __attribute__((target("avx2")))

SOCKETIO_AVX2 inline __m256i load_32(const char* at) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

SOCKETIO_AVX2 inline __m256i distance_32(__m256i bytes) noexcept {
  const __m256i from_quote = _mm256_xor_si256(bytes, _mm256_set1_epi8('"'));
  const __m256i from_backslash = _mm256_xor_si256(bytes, _mm256_set1_epi8('\\'));
  const __m256i above_control = _mm256_subs_epu8(bytes, _mm256_set1_epi8(0x1F));
  return _mm256_min_epu8(_mm256_min_epu8(from_quote, from_backslash), above_control);
}

SOCKETIO_AVX2 std::size_t plain_avx2(std::string_view text, bool& ascii) noexcept {
  __m256i seen = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 64 <= text.size(); i += 64) {
    const __m256i a = load_32(text.data() + i), b = load_32(text.data() + i + 32);
    const __m256i nearest = _mm256_min_epu8(distance_32(a), distance_32(b));
    if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(nearest, _mm256_setzero_si256())) != 0) break;
    seen = _mm256_or_si256(seen, _mm256_or_si256(a, b));
  }
  ascii &= _mm256_movemask_epi8(seen) == 0;
  return i;
}

SOCKETIO_AVX2 std::size_t unmask_avx2(std::span<char> data, std::uint64_t key) noexcept {
  const __m256i wide = _mm256_set1_epi64x(static_cast<long long>(key));
  std::size_t i = 0;
  for (; i + 64 <= data.size(); i += 64) {
    auto* const at = reinterpret_cast<__m256i*>(data.data() + i);
    for (int k = 0; k < 2; ++k)
      _mm256_storeu_si256(at + k, _mm256_xor_si256(_mm256_loadu_si256(at + k), wide));
  }
  return i;
}

constexpr wide_text variants[] = {{"none", plain_none, unmask_none},
                                  {"sse2", plain_sse2, unmask_sse2},
                                  {"avx2", plain_avx2, unmask_avx2}};
std::size_t count_variants() noexcept { return __builtin_cpu_supports("avx2") ? 3 : 2; }

#else

constexpr wide_text variants[] = {{"none", plain_none, unmask_none}};
std::size_t count_variants() noexcept { return 1; }

#endif

}  // namespace

std::span<const wide_text> wide_texts() noexcept { return {variants, count_variants()}; }

// Something from the beginning, the best once this file is initialised.
constinit const wide_text* widest_text = variants;
[[maybe_unused]] static const bool chosen = (widest_text = &wide_texts().back(), true);

}  // namespace socketio::wire
