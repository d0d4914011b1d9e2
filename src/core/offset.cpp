#include "core/offset.hpp"

#include <algorithm>
#include <cassert>

namespace socketio::core {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// 64: not of the alphabet.
constexpr std::array<std::uint8_t, 256> values_of_digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(64);
  for (std::uint8_t i = 0; i < 64; i++) table[static_cast<unsigned char>(alphabet[i])] = i;
  return table;
}();

constexpr std::uint8_t digit(char c) noexcept {
  return values_of_digits[static_cast<unsigned char>(c)];
}

constexpr std::size_t shard_at = 4, number_at = 5;

void write(const offset& at, char* to) noexcept {
  assert(at.number <= offset::number_max && at.shard < session_id::shards_max);
  std::ranges::copy(at.run, to);
  to[shard_at] = alphabet[at.shard];
  std::uint64_t rest = at.number;
  for (std::size_t i = offset::length; i-- > number_at; rest >>= 6) to[i] = alphabet[rest & 63];
}

}  // namespace

std::array<char, offset::length> offset::text() const noexcept {
  std::array<char, length> out;
  write(*this, out.data());
  return out;
}

std::optional<offset> offset::parse(std::string_view text) noexcept {
  if (text.size() != length) return std::nullopt;
  if (std::ranges::any_of(text, [](char c) { return digit(c) == 64; })) return std::nullopt;
  offset out{{}, digit(text[shard_at]), 0};
  std::copy_n(text.begin(), out.run.size(), out.run.begin());
  for (const char c : text.substr(number_at)) out.number = out.number << 6 | digit(c);
  return out;
}

offset_tail::offset_tail(const offset& at) noexcept {
  text_[0] = ',';
  text_[1] = '"';
  write(at, text_.data() + 2);
  text_[length - 2] = '"';
  text_[length - 1] = ']';
}

session_id private_id(const run_name& run, const session_id& random) noexcept {
  std::array<char, session_id::length> text;
  std::ranges::copy(run, text.begin());
  std::copy_n(random.view().begin(), text.size() - run.size(), text.begin() + run.size());
  return session_id(std::string_view(text.data(), text.size()));
}

bool is_of_run(const session_id& pid, const run_name& run) noexcept { return run_of(pid) == run; }

run_name run_of(const session_id& id) noexcept {
  run_name run;
  std::copy_n(id.view().begin(), run.size(), run.begin());
  return run;
}

}  // namespace socketio::core
