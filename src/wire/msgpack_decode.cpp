// The reading half of msgpack.hpp: one value after the other from the left. Nothing is reserved for
// what a size announces: an array grows as its elements come.
#include "base/utf8.hpp"
#include "wire/msgpack.hpp"

#include <bit>
#include <chrono>
#include <cstdio>
#include <optional>

namespace socketio::wire {
namespace {

class reader {
 public:
  reader(std::string_view bytes, const msgpack_limits& limits)
      : rest_(bytes), depth_left_(limits.depth_max), elements_left_(limits.elements_max) {}

  // Nothing is undefined. Once there is an error, whatever is returned means nothing.
  std::optional<value> next();
  bool at_end() const noexcept { return rest_.empty(); }
  std::optional<wire_errc> error() const noexcept { return error_; }

 private:
  std::nullopt_t fail(wire_errc why = wire_errc::invalid_msgpack) noexcept {
    if (!error_) error_ = why;
    rest_ = {};
    return std::nullopt;
  }

  std::uint64_t number(int width) noexcept;
  std::int64_t signed_number(int width) noexcept;
  std::string_view take(std::uint64_t bytes) noexcept;
  std::string text(std::uint64_t bytes);
  std::optional<value> array(std::uint64_t size);
  std::optional<value> map(std::uint64_t size);
  std::optional<std::string> key();
  std::optional<value> binary(std::uint64_t bytes) { return socketio::binary(take(bytes)); }
  std::optional<value> ext(std::uint64_t bytes);
  std::optional<value> fixed_ext(std::uint64_t bytes);
  std::optional<value> typed(std::int64_t type, std::uint64_t bytes);
  std::optional<value> prefixed(unsigned prefix);

  std::string_view rest_;
  std::size_t depth_left_;
  std::size_t elements_left_;
  std::optional<wire_errc> error_;
};

std::string_view reader::take(std::uint64_t bytes) noexcept {
  if (bytes > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

std::uint64_t reader::number(int width) noexcept {
  std::uint64_t all = 0;
  for (const char byte : take(static_cast<std::uint64_t>(width)))
    all = all << 8 | static_cast<unsigned char>(byte);
  return all;
}

std::int64_t reader::signed_number(int width) noexcept {
  const int unused = 64 - width * 8;
  return static_cast<std::int64_t>(number(width) << unused) >> unused;
}

std::string reader::text(std::uint64_t bytes) {
  const std::string_view raw = take(bytes);
  if (is_utf8(raw)) return std::string(raw);
  std::string repaired;
  append_as_utf8(raw, repaired);
  return repaired;
}

std::optional<value> reader::array(std::uint64_t size) {
  if (depth_left_-- == 0) return fail(wire_errc::msgpack_too_deep);
  value::array elements;
  for (; size > 0 && !error_; size--) elements.push_back(next().value_or(value()));
  depth_left_++;
  return value(std::move(elements));
}

std::optional<value> reader::map(std::uint64_t size) {
  if (depth_left_-- == 0) return fail(wire_errc::msgpack_too_deep);
  value::object members;
  for (; size > 0 && !error_; size--) {
    auto name = key();
    auto member = next();
    if (name && member && !error_) members.emplace_back(std::move(*name), std::move(*member));
  }
  depth_left_++;
  return value(std::move(members));
}

std::optional<std::string> reader::key() {
  const auto found = next();
  if (!found) return fail();
  if (const auto* name = found->as_string()) return *name;
  if (const auto* number = found->as_integer()) return std::to_string(*number);
  return fail();
}

std::optional<value> reader::typed(std::int64_t type, std::uint64_t bytes) {
  return value::list({type, socketio::binary(take(bytes))});
}

std::optional<value> reader::ext(std::uint64_t bytes) {
  const std::int64_t type = signed_number(1);
  return type == 0 ? binary(bytes) : typed(type, bytes);
}

std::optional<value> reader::fixed_ext(std::uint64_t bytes) {
  const std::int64_t type = signed_number(1);
  if (type == 0 && bytes == 1) {
    take(1);
    return std::nullopt;  // undefined
  }
  if (type != 0 || bytes != 8) return typed(type, bytes);
  std::string date = iso_date(signed_number(8));
  return date.empty() ? value()
                      : value(std::move(date));  // as JSON.stringify writes an invalid one
}

std::optional<value> reader::next() {
  if (rest_.empty()) return fail();
  if (elements_left_-- == 0) return fail(wire_errc::msgpack_too_many);
  const unsigned prefix = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  if (prefix < 0x80) return value(prefix);
  if (prefix < 0x90) return map(prefix & 0x0f);
  if (prefix < 0xa0) return array(prefix & 0x0f);
  if (prefix < 0xc0) return value(text(prefix & 0x1f));
  if (prefix > 0xdf) return value(static_cast<std::int64_t>(prefix) - 0x100);
  return prefixed(prefix);
}

std::optional<value> reader::prefixed(unsigned prefix) {
  switch (prefix) {
    case 0xc0: return value();
    case 0xc2: return value(false);
    case 0xc3: return value(true);
    case 0xc4: return binary(number(1));
    case 0xc5: return binary(number(2));
    case 0xc6: return binary(number(4));
    case 0xc7: return ext(number(1));
    case 0xc8: return ext(number(2));
    case 0xc9: return ext(number(4));
    case 0xca:
      return value(
          static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(number(4)))));
    case 0xcb: return value(std::bit_cast<double>(number(8)));
    case 0xcc: return value(number(1));
    case 0xcd: return value(number(2));
    case 0xce: return value(number(4));
    case 0xcf: return value(number(8));
    case 0xd0: return value(signed_number(1));
    case 0xd1: return value(signed_number(2));
    case 0xd2: return value(signed_number(4));
    case 0xd3: return value(signed_number(8));
    case 0xd4: return fixed_ext(1);
    case 0xd5: return fixed_ext(2);
    case 0xd6: return fixed_ext(4);
    case 0xd7: return fixed_ext(8);
    case 0xd8: return fixed_ext(16);
    case 0xd9: return value(text(number(1)));
    case 0xda: return value(text(number(2)));
    case 0xdb: return value(text(number(4)));
    case 0xdc: return array(number(2));
    case 0xdd: return array(number(4));
    case 0xde: return map(number(2));
    case 0xdf: return map(number(4));
    default: return fail();
  }
}

}  // namespace

result<value> decode_msgpack(std::string_view bytes, const msgpack_limits& limits) {
  reader from(bytes, limits);
  auto decoded = from.next();
  if (!from.error() && !from.at_end()) return wire_errc::invalid_msgpack;
  if (from.error()) return *from.error();
  return decoded ? std::move(*decoded) : value();
}

std::string iso_date(std::int64_t ms_since_1970) {
  using namespace std::chrono;
  constexpr std::int64_t most = 8'640'000'000'000'000;  // 100 million days, either way
  if (ms_since_1970 < -most || ms_since_1970 > most) return {};
  const auto days = floor<std::chrono::days>(milliseconds(ms_since_1970));
  const hh_mm_ss time(milliseconds(ms_since_1970) - days);
  // std::chrono's years end at 32767, those of JavaScript at 275760. The calendar repeats itself
  // after 400 years.
  constexpr int cycle_years = 400;
  constexpr std::chrono::days cycle(146'097);
  const auto cycles = floor<duration<std::int64_t, std::ratio<146'097 * 86'400LL>>>(days).count();
  const year_month_day date(sys_days(days - cycles * cycle));
  const std::int64_t year = static_cast<int>(date.year()) + cycles * cycle_years;
  char text[64];
  const char* const form = year >= 0 && year <= 9999 ? "%04lld" : "%+07lld";
  int length = std::snprintf(text, sizeof text, form, static_cast<long long>(year));
  length += std::snprintf(
      text + length, sizeof text - static_cast<std::size_t>(length),
      "-%02d-%02dT%02d:%02d:%02d.%03dZ", static_cast<int>(static_cast<unsigned>(date.month())),
      static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace socketio::wire
