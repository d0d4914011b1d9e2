// What the page and the server say to each other, as types: README.md beside this file is the same
// in words. The events are declared once; a handler with other parameters, or an emit with other
// arguments, does not compile. How the structs travel needs no line of code: plain aggregates are
// read and written member by member.
#pragma once

#include <socketio/server.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chat {

struct picture {
  std::string type;
  int width = 0;
  int height = 0;
  std::optional<socketio::binary> data;  // none when the history no longer has it
};

// A message on its way to the server; `room` or `to` says for whom it is.
struct draft {
  std::string id;
  std::optional<std::string> room;
  std::optional<std::string> to;
  std::string text;
  std::optional<picture> image;
};

// The same as everybody gets it.
struct message {
  std::string id;
  std::string from;
  std::int64_t at = 0;  // milliseconds since 1970
  std::string text;
  std::optional<std::string> room;
  std::optional<std::string> to;
  std::optional<picture> image;
};

struct accepted {
  chat::message message;
};

struct join_request {
  std::string nickname;
  std::string room;
};

struct joined {
  std::string nickname;
  std::string room;
  std::vector<message> history;
  std::vector<std::string> members;
  std::vector<std::string> online;
};

struct room_summary {
  std::string name;
  std::size_t members = 0;
};

struct room_members {
  std::string room;
  std::vector<std::string> members;
};

struct limits {
  std::size_t nickname = 20;
  std::size_t room = 24;
  std::size_t text = 2'000;
  std::size_t image = 512 * 1024;
  std::size_t history = 50;
};

struct greeting {
  chat::limits limits;
  std::vector<room_summary> rooms;
};

struct typing_notice {
  std::string room;
  bool active = false;
};

struct somebody_types {
  std::string room;
  std::string nickname;
  bool active = false;
};

namespace from_client {
inline constexpr socketio::event<"join", join_request, socketio::ack<joined>> join;
inline constexpr socketio::event<"leave", socketio::ack<socketio::value>> leave;
inline constexpr socketio::event<"message", draft, socketio::ack<accepted>> message;
inline constexpr socketio::event<"private message", draft, socketio::ack<accepted>> private_message;
inline constexpr socketio::event<"typing", typing_notice> typing;
}  // namespace from_client

namespace from_server {
inline constexpr socketio::event<"welcome", greeting> welcome;
inline constexpr socketio::event<"rooms", std::vector<room_summary>> rooms;
inline constexpr socketio::event<"online", std::vector<std::string>> online;
inline constexpr socketio::event<"members", room_members> members;
inline constexpr socketio::event<"message", chat::message> message;
inline constexpr socketio::event<"private message", chat::message> private_message;
inline constexpr socketio::event<"typing", somebody_types> typing;
}  // namespace from_server

}  // namespace chat
