// Finds the end of what can be taken as it is in a JSON string: the next quote, backslash or
// control character. Sixteen bytes at a time where the processor has SSE2, which every x86-64 has;
// in a long text 64, see wide_text.hpp.
#pragma once

#include "wire/wide_text.hpp"

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

// The position in [from, text.size()]. `ascii` becomes false when something before it is not ASCII.
inline std::size_t find_end_of_plain(std::string_view text, std::size_t from,
                                     bool& ascii) noexcept {
  std::size_t i = from;
  if (text.size() - i >= wide_text::worth_it) i += widest_text->plain(text.substr(i), ascii);
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                last_control = _mm_set1_epi8(0x1F);
  for (; i + 16 <= text.size(); i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    const __m128i special = _mm_or_si128(
        control, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(special));
    const auto high = static_cast<unsigned>(_mm_movemask_epi8(bytes));
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
