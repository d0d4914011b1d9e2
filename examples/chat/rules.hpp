// The rules of the house: what a name, a room and a message may look like, and what is said to
// whoever breaks one. Pure functions. Tested through the server by tests/browser/contract.test.mjs.
#pragma once

#include "contract.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chat {

inline constexpr limits limit;  // the defaults are the limits; the page is told
inline constexpr std::size_t rooms_max = 50;
inline constexpr std::size_t people_max = 500;
inline constexpr std::size_t id_max = 40;
inline constexpr std::size_t history_image_bytes_max = 1024 * 1024;
inline constexpr int image_side_max = 20'000;

enum class fault {
  bad_nickname,
  nickname_taken,
  bad_room,
  too_many_rooms,
  full,
  not_in_room,
  not_joined,
  offline,
  bad_id,
  bad_text,
  bad_image,
};

std::string_view code_of(fault what) noexcept;  // for programs: "bad_nickname"
std::string sentence_of(fault what);            // for people

// Without the white space around it.
std::string_view trimmed(std::string_view text) noexcept;
// With small ASCII letters, so that "Ada" and "ada" are one person.
std::string folded(std::string_view nickname);

bool valid_key(std::string_view key) noexcept;
bool valid_nickname(std::string_view nickname) noexcept;
bool valid_room(std::string_view name) noexcept;
// What is wrong with a message, if anything is.
std::optional<fault> fault_of(const draft& what) noexcept;

}  // namespace chat
