// Finds the end of what can be taken as it is in a JSON string: the next quote, backslash or
// control character. 64 bytes at a time where the processor has SSE2, which every x86-64 has.
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace socketio::wire {

constexpr bool ends_plain_text(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

#ifdef __SSE2__
namespace sse2 {

inline __m128i load(const char* at) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Zero where a byte ends plain text: the smallest of three differences, each zero for its own kind.
inline __m128i distance_to_special(__m128i bytes) noexcept {
  const __m128i from_quote = _mm_xor_si128(bytes, _mm_set1_epi8('"'));
  const __m128i from_backslash = _mm_xor_si128(bytes, _mm_set1_epi8('\\'));
  const __m128i above_control = _mm_subs_epu8(bytes, _mm_set1_epi8(0x1F));
  return _mm_min_epu8(_mm_min_epu8(from_quote, from_backslash), above_control);
}

inline unsigned zeros(__m128i bytes) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
}
inline unsigned high_bits(__m128i bytes) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(bytes));
}

// How many whole blocks of 64 bytes are plain.
inline std::size_t plain_blocks(std::string_view text, bool& ascii) noexcept {
  __m128i seen = _mm_setzero_si128();
  std::size_t i = 0;
  for (; i + 64 <= text.size(); i += 64) {
    const __m128i a = load(text.data() + i), b = load(text.data() + i + 16),
                  c = load(text.data() + i + 32), d = load(text.data() + i + 48);
    const __m128i nearest =
        _mm_min_epu8(_mm_min_epu8(distance_to_special(a), distance_to_special(b)),
                     _mm_min_epu8(distance_to_special(c), distance_to_special(d)));
    if (zeros(nearest) != 0) break;
    seen = _mm_or_si128(seen, _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)));
  }
  ascii &= high_bits(seen) == 0;
  return i / 64;
}

}  // namespace sse2
#endif

// The position in [from, text.size()]. `ascii` becomes false when something before it is not ASCII.
inline std::size_t find_end_of_plain(std::string_view text, std::size_t from,
                                     bool& ascii) noexcept {
  std::size_t i = from;
#ifdef __SSE2__
  if (text.size() - i >= 64) i += 64 * sse2::plain_blocks(text.substr(i), ascii);
  for (; i + 16 <= text.size(); i += 16) {
    const __m128i bytes = sse2::load(text.data() + i);
    const unsigned found = sse2::zeros(sse2::distance_to_special(bytes));
    const unsigned high = sse2::high_bits(bytes);
    if (found == 0) {
      ascii &= high == 0;
      continue;
    }
    ascii &= (high & ((found & -found) - 1)) == 0;
    return i + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  for (; i < text.size() && !ends_plain_text(text[i]); ++i)
    ascii &= static_cast<unsigned char>(text[i]) < 0x80;
  return i;
}

}  // namespace socketio::wire
