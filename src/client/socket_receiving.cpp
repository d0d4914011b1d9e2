// An incoming event on its way: catch-all listeners, handlers, the acknowledgement (CS-12, CS-20,
// CS-24). Typed handlers read the packet in place; a tree of values is made where it must outlive
// the packet: for catch-all listeners, for an executor, and for what comes before CONNECT (CS-12).
#include "client/manager_state.hpp"
#include "client/offsets.hpp"
#include "client/socket_state.hpp"
#include "client/tree_bytes.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace socketio::client_side {
namespace {

constexpr std::string_view handler_failed = "the handler failed";

// Where the answer to one event goes after its handlers have returned; any thread.
class answer_slot final : public detail::ack_slot {
 public:
  answer_slot(std::shared_ptr<socket_state> to, std::optional<std::uint64_t> id, std::string event)
      : to_(std::move(to)), id_(id), event_(std::move(event)) {}

  void send(detail::payload& answer) override {
    if (!take()) return;
    if (to_->shard()->on_thread()) return to_->send_answer(*id_, answer);
    to_->shard()->post([to = to_, id = *id_, kept = detail::keep(answer)] {
      detail::with_kept(*kept, [&](detail::payload& what) { to->send_answer(id, what); });
    });
  }
  void send_error(std::string_view code, std::string_view message) override {
    if (!take()) return;
    if (to_->shard()->on_thread()) return to_->send_error_answer(*id_, code, message);
    to_->shard()->post(
        [to = to_, id = *id_, code = std::string(code), message = std::string(message)] {
          to->send_error_answer(id, code, message);
        });
  }
  void report(std::exception_ptr what) override {
    to_->out()->report(event_, std::move(what));
    send_error("internal_error", handler_failed);
  }
  // True once, and only when the server asked.
  bool take() noexcept { return id_ && !taken_.exchange(true); }

 private:
  std::shared_ptr<socket_state> to_;
  std::optional<std::uint64_t> id_;
  std::string event_;
  std::atomic<bool> taken_{false};
};

// Numbers are names too (PK-05).
std::string event_name(const input& name) {
  std::string_view text;
  if (name.get_string(text)) return std::string(text);
  std::array<char, 32> digits;
  std::int64_t integer = 0;
  double number = 0;
  char* end = digits.data();
  if (name.get(integer))
    end = std::to_chars(digits.data(), digits.data() + digits.size(), integer).ptr;
  else if (name.get(number))
    end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

std::string sentence(const detail::argument_mismatch& at) {
  std::string text = "argument " + std::to_string(at.index) + " must be " + at.wanted + ", ";
  return text + (at.missing ? "but it is missing" : "got " + std::string(to_string(at.got)));
}

}  // namespace

class socket_state::incoming final : public detail::event_call {
 public:
  incoming(const std::shared_ptr<socket_state>& to, const client_socket& self_handle,
           std::string_view event, const input& packet_arguments,
           std::optional<std::uint64_t> ack_id)
      : event_call(self_handle, event, packet_arguments, ack_id.has_value()), to_(to), id_(ack_id) {
    gate = &to->out()->gate();
  }

  void send(detail::payload& answer) override {
    if (wants_ack) slot()->send(answer);
  }
  void send_error(std::string_view code, std::string_view message) override {
    if (wants_ack) slot()->send_error(code, message);
  }
  std::shared_ptr<detail::ack_slot> slot() override {
    if (!slot_) slot_ = std::make_shared<answer_slot>(to_, id_, std::string(name));
    return slot_;
  }
  // A handler could not do its work: that is the answer if no other handler gives one.
  void fail(std::string_view code, std::string message) {
    if (!code_.empty()) return;
    code_ = code;
    message_ = std::move(message);
  }
  void answer_failure() {
    if (!code_.empty() && (!slot_ || slot_.use_count() == 1)) send_error(code_, message_);
  }

 private:
  const std::shared_ptr<socket_state>& to_;
  std::optional<std::uint64_t> id_;
  std::shared_ptr<answer_slot> slot_;
  std::string_view code_;
  std::string message_;
};

void socket_state::on_event(const input& arguments, std::optional<std::uint64_t> id) {
  if (!active()) return;
  if (connected()) return deliver(arguments, id);
  value kept = value::from(arguments);
  received_bytes_ += tree_bytes(kept);
  const std::size_t most = manager_->options().receive_buffer_bytes_max;
  if (received_bytes_ > most)
    return manager_->give_up_connection(
        client_reason::parse_error, "more than " + std::to_string(most) + " bytes of events for " +
                                        nsp_ + " came before CONNECT");
  received_.push_back({std::move(kept), id});
}

void socket_state::deliver_received() {
  while (connected() && !received_.empty()) {
    const received next = std::move(received_.front());
    received_.pop_front();
    deliver(detail::input_of(next.arguments), next.id);
  }
  received_bytes_ = 0;
}

void socket_state::deliver(const input& arguments, std::optional<std::uint64_t> id) {
  const auto alive = shared_from_this();
  // Before user code, which may connect and disconnect.
  note_offset(arguments, id);
  if (out_->direct()) return dispatch(arguments, id);
  auto kept = std::make_shared<const value>(value::from(arguments));
  const std::size_t bytes = tree_bytes(*kept);
  out_->run(
      "event", [alive, id, kept] { alive->dispatch(detail::input_of(*kept), id); }, bytes);
}

void socket_state::dispatch(const input& arguments, std::optional<std::uint64_t> id) {
  input::walk walk(arguments);
  input first;
  walk.next(first);
  const std::string name = event_name(first);
  const auto alive = shared_from_this();
  const client_socket self(alive);
  if (!any.empty()) {
    values list;
    for (input each; walk.next(each);) list.push_back(value::from(each));
    out_->call("on_any", [&] { any.each({}, [&](const auto& run) { run(name, list); }); });
  }
  incoming call(alive, self, name, arguments, id);
  events.each(name, [&](const std::shared_ptr<detail::handler>& handler) {
    out_->call(name, [&] {
      try {
        if (handler->invoke(handler, call)) return;
      } catch (...) {
        call.fail("internal_error", std::string(handler_failed));
        throw;
      }
      const std::string why = sentence(call.mismatch);
      call.fail("invalid_arguments", why);
      invalid.each({}, [&](const auto& run) { run(name, why); });
    });
  });
  call.answer_failure();
}

// CR-04, with care: an event that wants an acknowledgement has none (ACK-15).
void socket_state::note_offset(const input& arguments, std::optional<std::uint64_t> id) {
  if (pid_.empty() || id || !manager_) return;
  input last;
  std::size_t count = 0;
  for (input::walk walk(arguments); walk.next(last);) ++count;
  std::string_view text;
  if (count < 2 || !last.get_string(text)) return;
  bool is_offset = false;
  if (const auto& by_user = manager_->options().is_offset)
    out_->call("is_offset", [&] { is_offset = by_user(text); });
  else
    is_offset = is_plausible_offset(text, pid_, manager_->wall_ms());
  if (is_offset && manager_) last_offset_ = text;
}

}  // namespace socketio::client_side
