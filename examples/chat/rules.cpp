// See rules.hpp. Text arrives as valid UTF-8: the library's decoder has seen to that.
#include "rules.hpp"

#include <algorithm>
#include <array>

namespace chat {

std::string_view code_of(fault what) noexcept {
  switch (what) {
    case fault::bad_nickname: return "bad_nickname";
    case fault::nickname_taken: return "nickname_taken";
    case fault::bad_room: return "bad_room";
    case fault::too_many_rooms: return "too_many_rooms";
    case fault::full: return "full";
    case fault::not_in_room: return "not_in_room";
    case fault::not_joined: return "not_joined";
    case fault::offline: return "offline";
    case fault::bad_id: return "bad_id";
    case fault::bad_text: return "bad_text";
    case fault::bad_image: return "bad_image";
  }
  return "";
}

std::string sentence_of(fault what) {
  const auto number = [](std::size_t n) { return std::to_string(n); };
  switch (what) {
    case fault::bad_nickname:
      return "Please choose a nickname of 1 to " + number(limit.nickname) + " characters.";
    case fault::nickname_taken: return "This nickname is already in use.";
    case fault::bad_room:
      return "Room names have 1 to " + number(limit.room) + " characters: a-z, 0-9 and \"-\".";
    case fault::too_many_rooms: return "There are already " + number(rooms_max) + " rooms.";
    case fault::full: return "The chat is full, please try again later.";
    case fault::not_in_room: return "You are not in this room.";
    case fault::not_joined: return "Please join a room first.";
    case fault::offline: return "This person is not online.";
    case fault::bad_id: return "The message has no valid id.";
    case fault::bad_text: return "A message has 1 to " + number(limit.text) + " characters.";
    case fault::bad_image:
      return "A picture is a PNG, JPEG, GIF or WebP of at most " + number(limit.image / 1024) +
             " KiB.";
  }
  return "";
}

namespace {

constexpr std::string_view white_space = " \t\n\v\f\r";
constexpr std::array<std::string_view, 4> image_types{"image/png", "image/jpeg", "image/gif",
                                                      "image/webp"};

bool is_small(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_large(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_token(char c) noexcept { return is_small(c) || is_large(c) || is_digit(c) || c == '-'; }
bool is_room(char c) noexcept { return is_small(c) || is_digit(c) || c == '-'; }

// Code points: every byte of UTF-8 that does not continue another.
std::size_t length(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

// The control characters of ASCII, and U+0080 to U+009F, which UTF-8 writes as C2 80 to C2 9F.
bool has_control(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    if (at(i) < 0x20 || at(i) == 0x7F) return true;
    if (at(i) == 0xC2 && i + 1 < text.size() && at(i + 1) < 0xA0) return true;
  }
  return false;
}

bool valid_side(int side) noexcept { return side >= 1 && side <= image_side_max; }

bool valid_picture(const picture& what) noexcept {
  return std::ranges::find(image_types, what.type) != image_types.end() && valid_side(what.width) &&
         valid_side(what.height) && what.data && !what.data->empty() &&
         what.data->size() <= limit.image;
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::string folded(std::string_view nickname) {
  std::string small(nickname);
  for (char& c : small)
    if (is_large(c)) c = static_cast<char>(c - 'A' + 'a');
  return small;
}

bool valid_key(std::string_view key) noexcept {
  return key.size() >= 16 && key.size() <= 64 && std::ranges::all_of(key, is_token);
}

bool valid_nickname(std::string_view nickname) noexcept {
  return !nickname.empty() && length(nickname) <= limit.nickname && !has_control(nickname);
}

bool valid_room(std::string_view name) noexcept {
  return !name.empty() && name.size() <= limit.room && std::ranges::all_of(name, is_room);
}

std::optional<fault> fault_of(const draft& what) noexcept {
  if (what.id.empty() || what.id.size() > id_max || !std::ranges::all_of(what.id, is_token))
    return fault::bad_id;
  if (length(what.text) > limit.text) return fault::bad_text;
  if (!what.image && trimmed(what.text).empty()) return fault::bad_text;
  if (what.image && !valid_picture(*what.image)) return fault::bad_image;
  return std::nullopt;
}

}  // namespace chat
