// A chat in a browser: rooms, nicknames, private messages, pictures. README.md has the contract
// with the page and the command line; contract.hpp the same as types, house.hpp what the chat
// knows, rules.hpp what it allows. Tested in a real browser by tests/browser/.
#include "house.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

using namespace chat;
using namespace std::chrono_literals;
using socketio::ack;
using socketio::task;

namespace {

// Socket.IO's rooms: one for each room of the chat, one for all connections of a person.
std::string room_of(std::string_view name) { return "room:" + std::string(name); }
std::string connections_of(std::string_view nickname) { return "person:" + std::string(nickname); }

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

template <class Answer>
void refuse(const ack<Answer>& reply, fault why) {
  reply.error(code_of(why), sentence_of(why));
}

// Tells whom it concerns what changed.
void announce(socketio::server& io, house& house) {
  const changes changed = house.take_changes();
  for (const std::string& room : changed.rooms)
    io.to(room_of(room)).emit(from_server::members, room_members{room, house.members(room)});
  if (!changed.rooms.empty()) io.emit(from_server::rooms, house.rooms());
  if (changed.online) io.emit(from_server::online, house.online());
}

// Nobody gets in without a key of his own (see README.md, "Connecting").
void require_key(const socketio::socket& socket) {
  const socketio::value auth = socket.handshake().auth;
  const std::string* key = auth["key"].as_string();
  if (key && valid_key(*key)) return;
  throw socketio::connect_error("the handshake has no valid key",
                                socketio::value::map({{"code", "bad_key"}}));
}

void leave_rooms(const socketio::socket& socket, const guest& who) {
  if (who.nickname.empty()) return;
  socket.leave(room_of(who.room));
  socket.leave(connections_of(who.nickname));
}

// Joining and leaving.
void on_presence(socketio::server& io, house& house, const socketio::socket& socket,
                 std::shared_ptr<guest> who) {
  socket.on(from_client::join, [&io, &house, socket, who](join_request request, ack<joined> reply) {
    const guest before = *who;
    if (const auto why = house.join(*who, request)) return refuse(reply, *why);
    leave_rooms(socket, before);
    socket.join({room_of(who->room), connections_of(who->nickname)});
    reply({who->nickname, who->room, house.history(who->room), house.members(who->room),
           house.online()});
    announce(io, house);
  });

  socket.on(from_client::leave, [&io, &house, socket, who] {
    leave_rooms(socket, *who);
    house.leave(*who);
    announce(io, house);
    return socketio::value::map({});
  });

  socket.on_disconnect([&io, &house, who](const socketio::disconnect_reason&) {
    house.leave(*who);
    announce(io, house);
  });
}

// Everything that is said.
void on_messages(socketio::server& io, house& house, const socketio::socket& socket,
                 std::shared_ptr<guest> who) {
  socket.on(from_client::message, [&house, socket, who](draft what, ack<accepted> reply) {
    const auto outcome = house.post(*who, std::move(what), now_ms());
    if (const auto* why = std::get_if<fault>(&outcome)) return refuse(reply, *why);
    const auto& [stored, repeated] = std::get<house::posted>(outcome);
    if (!repeated) socket.to(room_of(who->room)).emit(from_server::message, stored);
    reply({stored});
  });

  // A coroutine: the answer waits until the receiver's connections have acknowledged, or three
  // seconds. The library keeps the lambda, and with it the captures, until it has ended.
  const auto whisper = [&io, &house, socket, who](draft what, ack<accepted> reply) -> task<> {
    const auto outcome = house.whisper(*who, std::move(what), now_ms());
    if (const auto* why = std::get_if<fault>(&outcome)) co_return refuse(reply, *why);
    const message& sent = std::get<message>(outcome);
    const std::string receiver = connections_of(*sent.to);
    const auto heard = co_await io.to(receiver).timeout(3s).emit_with_ack<bool>(
        from_server::private_message.name(), sent);
    if (std::ranges::count(heard.answers, true) == 0) co_return refuse(reply, fault::offline);

    const auto my_other_connections = socket.to(connections_of(sent.from)).except(receiver);
    my_other_connections.emit(from_server::private_message, sent);
    reply({sent});
  };
  socket.on(from_client::private_message, whisper);

  socket.on(from_client::typing, [socket, who](typing_notice notice) {
    if (who->room.empty() || notice.room != who->room) return;
    const somebody_types seen{who->room, who->nickname, notice.active};
    socket.to(room_of(who->room)).volatile_().emit(from_server::typing, seen);
  });
}

// The command line; false when it makes no sense.
bool parse(int argc, char** argv, socketio::server_options& options, std::string& folder) {
  if (argc % 2 == 0) return false;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view text = argv[i + 1];
    if (flag == "--host") {
      options.host = text;
    } else if (flag == "--public") {
      folder = text;
    } else if (flag == "--port") {
      const auto [end, error] = std::from_chars(text.begin(), text.end(), options.port);
      if (error != std::errc() || end != text.end()) return false;
    } else {
      return false;
    }
  }
  return true;
}

int run(const socketio::server_options& options, const std::string& folder) {
  house house;
  socketio::server io(options);
  io.use(require_key);
  io.on_connection([&io, &house](socketio::socket socket) {
    const auto who = std::make_shared<guest>();
    who->key = *socket.handshake().auth["key"].as_string();  // require_key has seen it
    on_presence(io, house, socket, who);
    on_messages(io, house, socket, who);
    socket.emit(from_server::welcome, greeting{limit, house.rooms()});
  });
  io.serve_static("/", folder);

  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen on %s:%u: %s\n", options.host.c_str(),
                 unsigned{options.port}, error.message().c_str());
    return 1;
  }
  io.close_on_signals();  // before anybody is told that we are here
  std::printf("chat on http://%s:%u/\n", options.host.c_str(), unsigned{io.port()});
  std::fflush(stdout);
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  socketio::server_options options{.host = "127.0.0.1", .port = 3000};
  std::string folder = CHAT_PUBLIC;
  if (!parse(argc, argv, options, folder)) {
    std::fprintf(stderr, "usage: %s [--host ADDRESS] [--port NUMBER] [--public FOLDER]\n", argv[0]);
    return 2;
  }
  try {
    return run(options, folder);
  } catch (const std::exception& mistake) {
    // Options that cannot work, for example a folder that is not there.
    std::fprintf(stderr, "%s\n", mistake.what());
    return 2;
  }
}
