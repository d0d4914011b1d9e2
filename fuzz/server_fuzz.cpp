// A whole server in memory, and three clients that do whatever the input says: hub, namespaces,
// rooms and acknowledgements above real Engine.IO sessions, over polling and WebSocket, on a
// virtual clock. An operation is one byte, of which two bits name the client, and its operands.
//
// Whatever they do: user code is called between connection and disconnect, each acknowledgement
// settles once, what the server sends can be decoded, and when all are gone no socket,
// acknowledgement, room or timer is left.
#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/link.hpp"
#include "engine/session.hpp"
#include "law.hpp"
#include "socketio/nsp.hpp"
#include "support/counting_random.hpp"
#include "support/virtual_shard.hpp"

#include <array>
#include <string>
#include <vector>

namespace socketio {
namespace {

using fuzz::law;
using namespace std::chrono_literals;

class script {
 public:
  script(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  bool empty() const noexcept { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  std::string bytes() {
    const std::size_t size = std::min<std::size_t>(byte(), rest_.size());
    std::string taken(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return taken;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

// One connection: an engine session and the client above it, joined as the server floor does.
class peer final : private core::link {
 public:
  peer(core::hub& above, const engine::options& with, engine::transport first,
       engine::revision spoken)
      : shard_(above.shard()),
        session_(with, "the-session", first, false, shard_.now(), spoken),
        websocket_(first == engine::transport::websocket),
        client_(above, *this, asked()) {
    const auto opened = session_.poll_event();
    law(opened && opened->what == engine::event::kind::opened, "a session opens first");
    client_.begin();
    drain();
  }

  void says(engine::message_kind format, const std::string& packet) {
    if (gone_) return;
    if (websocket_) {
      session_.on_message(format, packet, shard_.now());
    } else if (session_.on_data_begin(shard_.now()) == engine::session::verdict::accepted) {
      session_.on_data(packet, shard_.now());
    }
    drain();
  }
  void polls() {
    if (!gone_ && !websocket_) session_.on_poll(shard_.now());
    drain();
  }
  void upgrades() {
    if (gone_ || websocket_) return;
    if (session_.on_candidate(shard_.now()) != engine::session::verdict::accepted) return;
    session_.on_candidate_message(engine::message_kind::text, "2probe", shard_.now());
    drain();
    if (!gone_) session_.on_candidate_message(engine::message_kind::text, "5", shard_.now());
    drain();
  }
  // The kernel takes what is queued.
  void reads() {
    if (gone_ || !websocket_ || session_.outgoing().empty()) return;
    session_.outgoing().consume(session_.outgoing().bytes());
    session_.on_flushed(shard_.now());
    drain();
  }
  void on_time() {
    if (!gone_ && session_.next_timeout() && *session_.next_timeout() <= shard_.now())
      session_.on_timeout(shard_.now());
    drain();
  }
  void leaves() {
    if (gone_) return;
    if (websocket_) {
      websocket_ = false;
      session_.on_websocket_closed(reason::transport_close, cause::connection_lost, "",
                                   shard_.now());
    } else {
      session_.on_poll_aborted(shard_.now());
      session_.close(reason::transport_close, cause::connection_lost, "", true, shard_.now());
    }
    drain();
  }
  bool gone() const noexcept { return gone_; }

  void drain() {
    if (draining_) return;
    draining_ = true;
    while (step()) {
    }
    draining_ = false;
  }

 private:
  static http_request asked() {
    http_request request;
    request.method = "GET";
    request.target = "/socket.io/?EIO=4";
    request.remote_address = "192.0.2.7";
    return request;
  }

  bool step() {
    if (const auto what = session_.poll_event()) {
      law(!gone_, "nothing follows the end of a session");
      if (what->what == engine::event::kind::message && what->format == engine::message_kind::text)
        client_.on_text(what->data);
      else if (what->what == engine::event::kind::message)
        client_.on_binary(what->data);
      else if (what->what == engine::event::kind::closed)
        gone_ = true, client_.on_closed(session_.why());
      return true;
    }
    const auto next = session_.poll_action();
    if (!next) return false;
    std::string body;
    if (*next == engine::action::answer_poll) session_.take_poll_payload(body);
    if (*next == engine::action::promote_candidate) websocket_ = true;
    if (*next == engine::action::close_websocket) {
      websocket_ = false;
      session_.on_websocket_closed(reason::transport_close, cause::connection_lost, "",
                                   shard_.now());
    }
    return true;
  }

  // ---- asked by core
  engine::send_queue::outcome send(std::span<const wire::frame> group) override {
    if (spoken() == engine::revision::four) {
      for (const auto& frame : group) check(frame);
    }
    return session_.send(group, shard_.now());
  }
  void check(const wire::frame& frame) {
    law(frame.is_binary() || frame.packet().starts_with('4'), "a text frame is a message");
    const auto got = frame.is_binary() ? decoder_.on_binary(frame.packet(), reader_, {})
                                       : decoder_.on_text(frame.packet().substr(1), reader_, {});
    law(got.has_value(), "what the server sends can be decoded");
  }
  bool writable() const noexcept override { return session_.writable(); }
  std::size_t queued_bytes() const noexcept override { return session_.queued_bytes(); }
  std::string_view transport() const noexcept override {
    return engine::to_string(session_.current_transport());
  }
  std::string_view sid() const noexcept override { return "the-session"; }
  engine::revision spoken() const noexcept override { return session_.spoken(); }
  bool close(reason why, cause what, std::string detail) override {
    session_.close(why, what, std::move(detail), false, shard_.now());
    return session_.current() == engine::session::state::closed;
  }

  executor& shard_;
  engine::session session_;
  bool websocket_, gone_ = false, draining_ = false;
  wire::packet_decoder decoder_;
  wire::json_reader reader_;
  core::client client_;
};

class world {
 public:
  explicit world(script& from) : from_(from) {
    options_.connect_timeout = 1s;
    options_.pending_acks_max = 20;
    options_.rooms_per_socket_max = 10;
    engine_.ping_interval = 300ms;
    engine_.ping_timeout = 200ms;
    engine_.queue.bytes_max = 4096;
    hub_.on_exception = [](std::exception_ptr, std::string_view) {};  // arguments that do not fit
    for (const char* name : {"/", "/a"}) furnish(socketio::nsp(hub_.of(name)));
  }

  void run() {
    while (!from_.empty()) {
      operate(from_.byte());
      settle();
    }
    hub_.close();
    settle();
    for (auto& one : peers_) part(one);
    law(hub_.counters().sockets.get() == 0, "no socket is left");
    law(hub_.counters().pending_acks.get() == 0, "no acknowledgement is left");
    law(hub_.counters().clients.get() == 0, "no client is left");
    law(connected_ == 0, "each connection has had its disconnect");
    shard_->stop();
    law(asked_ == settled_, "each acknowledgement settles once");
    law(shard_->timers().size() == 0, "no timer is left");
  }

 private:
  // Whatever is behind these names calls what a user may call inside a handler.
  void furnish(socketio::nsp of) {
    of.on_connection([this](socketio::socket who) {
      ++connected_;
      law(who.connected() && !who.rooms().empty(), "a new socket is connected and in its own room");
      who.on_disconnect([this, who](const disconnect_reason&) {
        --connected_;
        law(!who.connected() && who.rooms().empty(), "a socket that has left is in no room");
      });
      who.on("echo", [who](const rest& all) { who.emit("echo", all); });
      who.on("ask", [](const value& x) { return x; });
      who.on("join", [who](const std::string& room) { who.join(room); });
      who.on("leave", [who](const std::string& room) { who.leave(room); });
      who.on("say",
             [who](const std::string& room, const value& x) { who.to(room).emit("said", x); });
      who.on("bye", [who](bool close) { who.disconnect(close); });
      who.on("question", [this, who](int ms) {
        ++asked_;
        who.timeout(milliseconds(ms % 1000 + 1000)).emit("question", [this](const result<value>&) {
          ++settled_;
        });
      });
    });
  }
  void operate(std::uint8_t what) {
    auto& one = peers_[what % peers_.size()];
    const auto nsp = socketio::nsp(hub_.of(what & 128 ? "/a" : "/"));
    switch (what / 4 % 16) {
      case 0:
        part(one);
        one = std::make_unique<peer>(
            hub_, engine_, what & 64 ? engine::transport::websocket : engine::transport::polling,
            what & 128 ? engine::revision::three : engine::revision::four);
        return;
      case 1: return says(one, what & 64 ? "40/a," : "40");
      case 2: return says(one, "42" + from_.bytes());
      case 3: return says(one, from_.bytes());
      case 4:
        if (one) one->says(engine::message_kind::binary, from_.bytes());
        return;
      case 5: return says(one, "43" + std::to_string(from_.byte()) + "[1]");
      case 6: return says(one, what & 64 ? "41/a," : "41");
      case 7: return one ? one->polls() : void();
      case 8: return one ? one->reads() : void();
      case 9: return one ? one->upgrades() : void();
      case 10: return one ? one->leaves() : void();
      case 11: return shard_->advance(milliseconds(from_.byte() * 8));
      case 12: return broadcast(nsp, from_.byte());
      case 13: return ask(nsp, from_.byte());
      case 14:
        if (what & 64)
          nsp.disconnect_sockets(from_.byte() & 1);
        else
          nsp.in(room(from_.byte())).sockets_join({room(from_.byte()), room(from_.byte())});
        return;
      case 15: return says(one, "3");
    }
  }

  void says(const std::unique_ptr<peer>& one, const std::string& packet) {
    if (one) one->says(engine::message_kind::text, packet);
  }

  static std::string room(std::uint8_t which) {
    return std::string(1, static_cast<char>('a' + which % 4));
  }

  void broadcast(const socketio::nsp& nsp, std::uint8_t how) {
    if (how & 1)
      nsp.except(room(how / 4)).emit("all", 1);
    else if (how & 2)
      nsp.to(room(how / 4)).volatile_().emit("some", std::string("text"));
    else
      nsp.to(room(how / 4)).to(room(how / 16)).emit("binary", std::vector<std::byte>(how));
  }

  void ask(const socketio::nsp& nsp, std::uint8_t how) {
    ++asked_;
    nsp.to(room(how))
        .timeout(milliseconds(how * 4 + 1))
        .emit("question", [this](const broadcast_answers<value>&) { ++settled_; });
  }

  // What was sent goes out, what is due happens.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      shard_->run();
      for (auto& one : peers_)
        if (one) one->on_time();
    }
  }

  void part(std::unique_ptr<peer>& one) {
    if (!one) return;
    one->leaves();
    for (int i = 0; i < 20 && !one->gone(); ++i) shard_->advance(500ms), one->on_time();
    law(one->gone(), "a peer that leaves is gone in the end");
    shard_->run();
    one.reset();
  }

  script& from_;
  std::shared_ptr<testing_support::virtual_shard> shard_ =
      std::make_shared<testing_support::virtual_shard>();
  testing_support::counting_random random_;
  core::hub_options options_;
  engine::options engine_;
  core::namespaces all_;
  core::hub hub_{shard_, random_, options_, all_};
  std::array<std::unique_ptr<peer>, 3> peers_;
  int connected_ = 0, asked_ = 0, settled_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  script from(data, size);
  world(from).run();
  return 0;
}

}  // namespace socketio
