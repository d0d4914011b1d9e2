// A session driven by a list of operations: the first byte chooses limits, then each operation is
// one byte and, where it carries a packet, a length and that many bytes. Whatever the order of
// requests, frames, aborts, timers and calls of the application: events come between `opened` and
// `closed`, each of these once, nothing is drained twice, and a session whose connections are gone
// leaves nothing behind. Done twice, with both feeds for messages over WebSocket: the quick one
// changes nothing but the way.
#include "engine/session.hpp"

#include "law.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace socketio::engine {
namespace {

using fuzz::law;

class bench {
 public:
  // `quick`: messages are fed to take_message() first.
  bench(const std::uint8_t* data, std::size_t size, bool quick) : rest_(data, size), quick_(quick) {
    const std::uint8_t choice = byte();
    with_.queue = {static_cast<std::size_t>(choice) * 16, static_cast<overflow_policy>(choice % 3)};
    with_.ping_interval = milliseconds(300);
    with_.ping_timeout = milliseconds(200);
    with_.payload_packets_max = 4 + choice % 8;
    const transport first = choice & 8 ? transport::websocket : transport::polling;
    websocket_ = first == transport::websocket;
    const revision spoken = choice & 32 ? revision::three : revision::four;
    core_ = std::make_unique<session>(with_, "sid", first, choice & 16, now_, spoken);
    drain();
  }

  void run() {
    while (!rest_.empty()) {
      operate(byte());
      drain();
      tell("timeout",
           core_->next_timeout() ? core_->next_timeout()->time_since_epoch().count() : 0);
    }
    lose_everything();
  }
  // All that came out of it.
  const std::string& told() const { return told_; }

 private:
  void tell(std::string_view what, std::int64_t number, std::string_view data = {}) {
    told_.append(what).append(std::to_string(number)).append(data) += '\n';
  }

  void message(message_kind format, std::string_view data) {
    const auto due = core_->next_timeout();
    if (!quick_ || !core_->take_message(format, data, now_))
      return core_->on_message(format, data, now_);
    note({event::kind::message, format, data});
    law(!core_->has_news(), "what was taken leaves no news");
    law(due && core_->next_timeout() >= due, "what was taken moves no deadline earlier");
  }

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  // A copy of its own, so that ASan sees who looks at it too late.
  std::unique_ptr<std::string> bytes() {
    const std::size_t size = std::min<std::size_t>(byte(), rest_.size());
    auto taken = std::make_unique<std::string>(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  void operate(std::uint8_t what) {
    const auto format = what & 32 ? message_kind::binary : message_kind::text;
    switch (what % 16) {
      case 0: core_->on_poll(now_); break;
      case 1: core_->on_poll_aborted(now_); break;
      case 2: reading_ |= core_->on_data_begin(now_) == session::verdict::accepted; break;
      case 3: {
        const auto body = bytes();
        reading_ = false;
        core_->on_data(*body, now_,
                       core_->spoken() == revision::three ? format : message_kind::text);
        drain();
        break;
      }
      case 4: reading_ = false, core_->on_data_refused(now_); break;
      case 5: reading_ = false, core_->on_data_aborted(now_); break;
      case 6: reading_ = false, core_->on_bad_content_type(now_); break;
      case 7:
        candidate_ |= core_->on_candidate(now_, what & 32) == session::verdict::accepted;
        break;
      case 8: {
        const auto packet = bytes();
        if (candidate_) core_->on_candidate_message(format, *packet, now_);
        drain();
        break;
      }
      case 9:
        if (std::exchange(candidate_, false)) core_->on_candidate_closed(now_);
        break;
      case 10: {
        const auto packet = bytes();
        if (websocket_) message(format, *packet);
        drain();
        break;
      }
      case 11:
        if (websocket_ && (what & 64)) hang_up();
        break;
      case 12: write(byte()); break;
      case 13: send(what); break;
      case 14:
        now_ += milliseconds(byte() * 4);
        core_->on_timeout(now_);
        break;
      case 15:
        if (what & 64)
          core_->close(reason::forced_close, cause::connection_close, "", what & 32, now_);
        break;
    }
  }

  void send(std::uint8_t what) {
    std::vector<wire::frame> group;
    const auto kind = static_cast<wire::frame_class>(what / 16 % 3);
    group.push_back(wire::frame::text({"4", *bytes()}, kind));
    if (what & 128) group.push_back(wire::frame::binary(*bytes(), kind));
    const bool open = core_->current() == session::state::open;
    const auto outcome = core_->send(group, now_);
    law(open || outcome == send_queue::outcome::closed, "only an open session queues");
    if (outcome == send_queue::outcome::overflow) {
      law(core_->current() == session::state::closed, "an overflow closes the session");
    }
  }

  // The kernel takes some of what is queued.
  void write(std::size_t at_most) {
    if (!websocket_) return;
    send_queue& queue = core_->outgoing();
    queue.consume(std::min(at_most, queue.bytes()));
    if (queue.empty()) core_->on_flushed(now_);
  }

  void hang_up() {
    websocket_ = false;
    core_->on_websocket_closed(reason::transport_close, cause::connection_lost, "", now_);
  }

  void drain() {
    for (;;) {
      if (const auto what = core_->poll_event()) {
        note(*what);
      } else if (const auto next = core_->poll_action()) {
        perform(*next);
      } else {
        return;
      }
    }
  }

  void note(const event& what) {
    law(!closed_, "nothing follows closed");
    law(opened_ != (what.what == event::kind::opened), "opened comes once, first");
    opened_ = true;
    closed_ = what.what == event::kind::closed;
    tell("event", static_cast<int>(what.what) * 2 + static_cast<int>(what.format), what.data);
    if (what.what == event::kind::message)
      seen_ += std::count(what.data.begin(), what.data.end(), 'x');
  }

  void perform(action what) {
    std::string body;
    tell("action", static_cast<int>(what));
    switch (what) {
      case action::answer_poll:
        law(core_->poll_pending(), "only a waiting GET is answered");
        core_->take_poll_payload(body);
        law(!body.empty(), "an answer holds a packet");
        tell("body", 0, body);
        break;
      case action::abort_data:
        law(std::exchange(reading_, false), "only a POST that is read is cut");
        break;
      case action::send_probe_reply: law(candidate_, "only a candidate is answered"); break;
      case action::promote_candidate:
        law(std::exchange(candidate_, false), "only a candidate is promoted");
        websocket_ = true;
        break;
      case action::close_candidate:
        law(std::exchange(candidate_, false), "only a candidate is closed as one");
        break;
      case action::close_websocket:
        law(std::exchange(websocket_, false), "only an open WebSocket is closed");
        break;
    }
  }

  void lose_everything() {
    core_->on_poll_aborted(now_);
    if (std::exchange(reading_, false)) core_->on_data_aborted(now_);
    if (std::exchange(candidate_, false)) core_->on_candidate_closed(now_);
    drain();
    if (websocket_) hang_up();
    drain();
    for (int i = 0; core_->next_timeout() && i < 10; ++i) {
      now_ = std::max(now_, *core_->next_timeout());
      core_->on_timeout(now_);
      drain();
    }
    law(closed_ && core_->current() == session::state::closed, "a session that is alone ends");
    law(!core_->next_timeout() && !core_->poll_pending() && !core_->upgrading(),
        "nothing is left of it");
  }

  std::span<const std::uint8_t> rest_;
  const bool quick_;
  std::string told_;
  options with_;
  time_point now_{std::chrono::hours(1)};
  std::unique_ptr<session> core_;
  bool reading_ = false, candidate_ = false, websocket_ = false;  // what is connected
  bool opened_ = false, closed_ = false;
  std::ptrdiff_t seen_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bench slow(data, size, false), quick(data, size, true);
  slow.run();
  quick.run();
  fuzz::law(slow.told() == quick.told(), "both feeds give the same");
  return 0;
}

}  // namespace socketio::engine
