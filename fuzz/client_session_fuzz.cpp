// A client's session driven by a list of operations: the first byte chooses options, then each
// operation is one byte and, where it carries text, a length and that many bytes. The network does
// only what can be: a GET is answered when there is one, a WebSocket speaks when it is open; what
// it says is arbitrary. Whatever the order of answers, frames, failures, timers and calls of the
// application: `opened` comes once and before everything but a failure, `closed` comes once and
// last, what waits behind it are actions that end something, and nothing is left of it.
#include "engine/client_session.hpp"

#include "law.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace socketio::engine {
namespace {

using fuzz::law;
using state = client_session::state;

constexpr std::string_view handshake =
    R"(0{"sid":"S","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":50})";

class bench {
 public:
  bench(const std::uint8_t* data, std::size_t size) : rest_(data, size) {
    const std::uint8_t choice = byte();
    if (choice & 1) options_.transports = {transport::websocket, transport::polling};
    if (choice & 2) options_.transports.pop_back();
    options_.try_all_transports = choice & 4;
    options_.force_base64 = choice & 8;
    options_.upgrade = !(choice & 16);
    options_.close_timeout = milliseconds(100);
    core_ = std::make_unique<client_session>(options_, choice & 32, 1);
    core_->open(1'763'798'400'000);
    drain();
  }

  void run() {
    while (!rest_.empty()) {
      operate(byte());
      drain();
    }
    wait_for_the_end();
  }

 private:
  enum class socket : std::uint8_t { none, opening, open };

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  // A copy of its own, so that ASan sees who looks at it too late.
  std::string bytes() {
    const std::size_t size = std::min<std::size_t>(byte(), rest_.size());
    std::string taken(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::string said(std::uint8_t how) {
    switch (how >> 6) {
      case 0: return std::string(handshake);
      case 1: return "3probe";
      default: return bytes();
    }
  }
  transport_failure failure(std::uint8_t how) {
    return {how & 16 ? connect_cause::closed : connect_cause::protocol, "text", 0, 1006};
  }

  void operate(std::uint8_t what) {
    const auto where = what & 16 ? websocket_place::candidate : websocket_place::main;
    socket& at = where == websocket_place::main ? main_ : candidate_;
    switch (what % 16) {
      case 0:
        if (std::exchange(getting_, false)) core_->on_answer(200, said(what), now_);
        break;
      case 1:
        if (std::exchange(getting_, false)) core_->on_answer(what & 16 ? 400 : 204, "no", now_);
        break;
      case 2:
        if (std::exchange(getting_, false)) core_->on_poll_failed(failure(what));
        break;
      case 3:
        if (std::exchange(posting_, false)) core_->on_posted(what & 16 ? 413 : 200);
        break;
      case 4:
        if (std::exchange(posting_, false)) core_->on_post_failed(failure(what));
        break;
      case 5:
        if (at == socket::opening) {
          at = socket::open;
          core_->on_websocket_open(where);
        }
        break;
      case 6:
      case 7: {
        if (at != socket::open) break;
        auto text = std::make_unique<std::string>(said(what));
        hear(where, what % 16 == 7 && (what & 32), *text);
        drain();
        break;
      }
      case 8:
        if (main_ == socket::open && std::exchange(writing_, false))
          core_->on_websocket_drained(websocket_place::main);
        break;
      case 9:
        if (std::exchange(at, socket::none) != socket::none)
          core_->on_websocket_closed(where, failure(what ^ 16));
        break;
      case 10:
        now_ += milliseconds(byte() * 2);
        core_->on_time(now_);
        break;
      case 11: send(what); break;
      case 12: core_->flush(); break;
      case 13:
        if (core_->send_directly()) {
          law(main_ == socket::open, "only an open WebSocket is written to");
          writing_ = true;
        }
        break;
      case 14:
        if (what & 64) core_->close(now_);
        break;
      case 15:
        if (what == 255) core_->abort(client_reason::parse_error, {});
        break;
      default: break;
    }
  }

  void hear(websocket_place where, bool binary, std::string_view text) {
    std::string_view payload = text;
    if (where == websocket_place::main && core_->take_message(binary, payload)) {
      law(opened_ && !closed_, "a message is between opened and closed");
      return;
    }
    core_->on_websocket_message(where, binary, text, now_);
  }

  void send(std::uint8_t what) {
    std::vector<wire::frame> group;
    group.push_back(wire::frame::text({"4", bytes()}, wire::frame_class::event));
    if (what & 16) group.push_back(wire::frame::binary(bytes(), wire::frame_class::event));
    const bool ends = core_->current() == state::closing || core_->current() == state::closed;
    law(core_->send(group) == !ends, "what is sent is taken unless it ends");
  }

  void drain() {
    for (;;) {
      if (const auto what = core_->poll_event())
        note(*what);
      else if (const auto next = core_->poll_action())
        perform(*next);
      else
        break;
    }
    law(closed_ == (core_->current() == state::closed), "closed is said when it is closed");
    law(!core_->writable() || core_->current() == state::open, "only what is open is writable");
    if (!closed_) return;
    law(!core_->next_timeout() && core_->queued_bytes() == 0 && !core_->waits_for_flush() &&
            !core_->upgrading(),
        "nothing is left of what is closed");
    law(main_ == socket::none && candidate_ == socket::none && !posting_,
        "what is closed has ended its transports");
  }

  void note(const client_event& what) {
    using kind = client_event::kind;
    law(!closed_, "nothing follows closed");
    if (what.what == kind::opened) {
      law(!opened_ && !failed_, "opened comes once, and not behind a failure");
      opened_ = true;
    } else if (what.what == kind::failed) {
      law(!failed_, "it fails once");
      failed_ = true;
    } else if (what.what == kind::closed) {
      closed_ = true;
    } else {
      law(opened_ && !failed_, "everything else is between opened and the end");
    }
    if (what.what == kind::message)
      seen_ += static_cast<std::size_t>(std::count(what.data.begin(), what.data.end(), 'x'));
  }

  void perform(const client_action& action) {
    using kind = client_action::kind;
    socket& at = action.place == websocket_place::main ? main_ : candidate_;
    switch (action.what) {
      case kind::get: law(!std::exchange(getting_, true), "one GET at a time"); break;
      case kind::post:
        law(!std::exchange(posting_, true), "one POST at a time");
        law(!action.body.empty(), "a POST carries a packet");
        break;
      case kind::post_last: law(closed_ && !posting_, "the good-bye comes last"); break;
      case kind::cancel_requests: getting_ = posting_ = false; break;
      case kind::open_websocket:
        law(at == socket::none, "one WebSocket at each place");
        at = socket::opening;
        break;
      case kind::send_text: law(at == socket::open, "only an open WebSocket is written to"); break;
      case kind::send_batch:
        // Behind it the application may have ended the session.
        if (core_->take_batch().empty()) break;
        law(main_ == socket::open, "only an open WebSocket is written to");
        writing_ = true;
        break;
      case kind::promote:
        law(candidate_ == socket::open && main_ == socket::none, "an open candidate is promoted");
        law(!getting_ && !posting_, "polling has ended before");
        main_ = std::exchange(candidate_, socket::none);
        break;
      case kind::close_websocket: at = socket::none; break;
    }
  }

  // It ends by itself when nobody says anything any more.
  void wait_for_the_end() {
    if (!opened_) core_->close(now_);
    drain();
    for (int i = 0; core_->next_timeout() && i < 10; ++i) {
      now_ = std::max(now_, *core_->next_timeout());
      core_->on_time(now_);
      drain();
    }
    law(closed_, "a session that is alone ends");
  }

  std::span<const std::uint8_t> rest_;
  client_options options_;
  time_point now_{std::chrono::hours(1)};
  std::unique_ptr<client_session> core_;
  bool getting_ = false, posting_ = false, writing_ = false;
  socket main_ = socket::none, candidate_ = socket::none;
  bool opened_ = false, failed_ = false, closed_ = false;
  std::size_t seen_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bench(data, size).run();
  return 0;
}

}  // namespace socketio::engine
