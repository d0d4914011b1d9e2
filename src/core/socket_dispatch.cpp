// An incoming event on its way: catch-all listeners, event middlewares, handlers of the socket or
// else of the namespace, the acknowledgement (SK-10 to SK-13). Typed handlers read the packet in
// place; a tree of values is made only when somebody listens to everything or a middleware stands
// in between.
#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/socket.hpp"

#include <charconv>

namespace socketio::core {

namespace {

constexpr std::string_view handler_failed = "the handler failed";

}  // namespace

// The answer of one event, shared by all its handlers; the first answer counts (ACK-02). Any
// thread.
class answer_slot final : public detail::ack_slot {
 public:
  answer_slot(std::shared_ptr<socket> to, std::optional<std::uint64_t> id, std::string event)
      : to_(std::move(to)), id_(id), event_(std::move(event)) {
    if (id_) to_->of().open_answers.fetch_add(1, std::memory_order_relaxed);
  }
  ~answer_slot() override {
    if (id_ && !taken_) to_->of().open_answers.fetch_sub(1, std::memory_order_relaxed);
  }
  answer_slot(const answer_slot&) = delete;
  answer_slot& operator=(const answer_slot&) = delete;

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
    to_->of().report(std::move(what), event_);
    send_error("internal_error", handler_failed);
  }
  // True once, and only when the client asked.
  bool take() noexcept {
    if (!id_ || taken_.exchange(true)) return false;
    to_->of().open_answers.fetch_sub(1, std::memory_order_relaxed);
    return true;
  }

 private:
  std::shared_ptr<socket> to_;
  std::optional<std::uint64_t> id_;
  std::string event_;
  std::atomic<bool> taken_{false};
};

class socket::incoming final : public detail::event_call {
 public:
  incoming(socket& to, std::string_view event, const input& packet_arguments,
           std::optional<std::uint64_t> ack_id)
      : event_call(to.handle_, event, packet_arguments, ack_id.has_value()), to_(to), id_(ack_id) {}

  void send(detail::payload& answer) override {
    if (take()) to_.send_answer(*id_, answer);
  }
  void send_error(std::string_view code, std::string_view message) override {
    if (take()) to_.send_error_answer(*id_, code, message);
  }
  // A handler could not do its work: that is the answer if no other handler gives one. The first
  // error counts.
  void fail(std::string_view code, std::string message) {
    if (!code_.empty()) return;
    code_ = code;
    message_ = std::move(message);
  }
  // All handlers have run. Nobody answers any more when nobody else holds the slot.
  void answer_failure() {
    if (!code_.empty() && (!slot_ || slot_.use_count() == 1)) send_error(code_, message_);
  }
  std::shared_ptr<detail::ack_slot> slot() override {
    if (slot_) return slot_;
    slot_ = std::make_shared<answer_slot>(to_.shared_from_this(), id_, std::string(name));
    if (taken_) slot_->take();  // an earlier handler has answered
    return slot_;
  }

 private:
  friend activity::description socket::describe_event(const void*) noexcept;
  bool take() noexcept { return slot_ ? slot_->take() : id_ && !std::exchange(taken_, true); }
  socket& to_;
  std::optional<std::uint64_t> id_;
  std::shared_ptr<answer_slot> slot_;
  std::string_view code_;  // of the failure
  std::string message_;
  bool taken_ = false;
};

activity::description socket::describe_event(const void* event) noexcept {
  const incoming& call = *static_cast<const incoming*>(event);
  return {call.name, call.to_.nsp_name()};
}

// Whatever user code does meanwhile: the socket stays alive, and keeps the handlers that run.
class socket::dispatch {
 public:
  explicit dispatch(socket& of) : socket_(of.shared_from_this()) { socket_->dispatching_++; }
  dispatch(const dispatch&) = delete;
  dispatch& operator=(const dispatch&) = delete;
  ~dispatch() {
    if (--socket_->dispatching_ == 0) socket_->dispatch_ended();
  }
  const std::shared_ptr<socket>& who() const noexcept { return socket_; }

 private:
  std::shared_ptr<socket> socket_;
};

namespace {

// The name of an event; numbers are names too (PK-05), written as JavaScript would.
std::string_view event_name(const input& name, std::array<char, 32>& storage) {
  std::string_view text;
  if (name.get_string(text)) return text;
  std::int64_t integer = 0;
  double number = 0;
  char* const begin = storage.data();
  char* end = begin;
  if (name.get(integer))
    end = std::to_chars(begin, begin + storage.size(), integer).ptr;
  else if (name.get(number))
    end = std::to_chars(begin, begin + storage.size(), number).ptr;
  return {begin, static_cast<std::size_t>(end - begin)};
}

values arguments_of(const input& array) {
  values list;
  input::walk walk(array);
  input element;
  walk.next(element);  // the name
  while (walk.next(element)) list.push_back(value::from(element));
  return list;
}

}  // namespace

struct socket::middleware_run {
  std::shared_ptr<socket> to;
  event_packet packet;
  std::optional<std::uint64_t> id;
  std::size_t next = 0, count = 0;  // of those that were there when the event came
};

void socket::tell_event(std::string_view name) const {
  const logger& log = *nsp_->shard()->log;
  if (log.debugs(debug_name::socket))
    log.debug(debug_name::socket, "event",
              {{"id", id_.view()}, {"nsp", nsp_name()}, {"event", name}});
}

void socket::on_event(const wire::packet& packet) {
  if (current() != state::connected) return;
  nsp_->owner()->counters().events_in.add();
  std::array<char, 32> storage;
  input::walk walk(packet.payload);
  input first;
  walk.next(first);
  const std::string_view name = event_name(first, storage);
  if (logger::anybody_debugs(debug_name::socket)) [[unlikely]]
    tell_event(name);
  if (!listeners_ || (listeners_->any.empty() && listeners_->middlewares.empty()))
    return run_handlers(name, packet.payload, packet.id);
  const auto alive = shared_from_this();
  try {
    run_listeners(name, packet);
  } catch (...) {  // no memory for the tree
    nsp_->report(std::current_exception(), name);
    if (packet.id) send_error_answer(*packet.id, "internal_error", handler_failed);
  }
}

void socket::run_listeners(std::string_view name, const wire::packet& packet) {
  const dispatch running(*this);
  values list = arguments_of(packet.payload);
  listeners_->any.call([&](auto&& run) { nsp_->guard("on_any", run); }, name, list,
                       packet.id.has_value());
  if (listeners_->middlewares.empty()) return run_handlers(name, packet.payload, packet.id);
  auto run = std::make_shared<middleware_run>();
  run->to = running.who();
  run->packet = {std::string(name), std::move(list), packet.id.has_value()};
  run->id = packet.id;
  run->count = listeners_->middlewares.size();
  run_middlewares(std::move(run));
}

// One middleware after the other; each lets the next one run, now or later, on any thread (SK-11).
void socket::run_middlewares(std::shared_ptr<middleware_run> run) {
  if (current() != state::connected || !listeners_) return;
  if (run->next == run->count) {
    value::array all{value(run->packet.name)};
    for (value& argument : run->packet.arguments) all.push_back(std::move(argument));
    const value array(std::move(all));
    return run_handlers(run->packet.name, detail::input_of(array), run->id);
  }
  const dispatch running(*this);
  const auto middleware = listeners_->middlewares[run->next++];
  const auto go_on = [run](std::optional<connect_error> why) {
    const auto step = [run, why = std::move(why)] {
      if (why)
        run->to->report_error(why->what());
      else
        run->to->run_middlewares(run);
    };
    const auto guarded = [run, step] { run->to->of().guard("event middleware", step); };
    if (run->to->shard()->on_thread())
      guarded();
    else
      run->to->shard()->post(guarded);
  };
  try {
    const activity::scope seen(&nsp_->running(), {"event middleware", nsp_name()});
    (*middleware)(run->packet, next_fn(go_on));
  } catch (const std::exception& error) {
    nsp_->owner()->report(std::current_exception(), "event middleware");
    report_error(error.what());
  } catch (...) {
    nsp_->owner()->report(std::current_exception(), "event middleware");
  }
}

void socket::run_handlers(std::string_view name, const input& arguments,
                          std::optional<std::uint64_t> id) {
  if (current() != state::connected) return;
  event_listeners& which =
      listeners_ && listeners_->events.has(name) ? listeners_->events : nsp_->handlers;
  incoming call(*this, name, arguments, id);
  const dispatch running(*this);
  if (name == "error" && listeners_ && !listeners_->error.empty()) report_error_event(arguments);
  const activity::event_scope seen(nsp_->running(), &call);
  const hub::timing timed(*nsp_->owner());
  const auto invoke = [&](const std::shared_ptr<detail::handler>& handler) {
    if (current() != state::connected) return;  // an earlier handler of this event disconnected
    try {
      if (handler->invoke(handler, call)) return;
      const detail::argument_mismatch& at = call.mismatch;
      const invalid_arguments what{std::string(name), at.index, at.got, at.missing, at.wanted};
      call.fail("invalid_arguments", what.text());
      nsp_->report_invalid(running.who(), what);
    } catch (...) {
      nsp_->report(std::current_exception(), name);
      call.fail("internal_error", std::string(handler_failed));
    }
  };
  const bool own = &which != &nsp_->handlers;
  which.dispatch(name, invoke, [&](listener_id once) { return own || nsp_->first_call(once); });
  call.answer_failure();
}

// SK-12: an event of that name is an error of the socket, as far as its listeners are concerned.
void socket::report_error_event(const input& arguments) {
  input::walk walk(arguments);
  input name, what;
  walk.next(name);
  walk.next(what);
  std::string_view text;
  if (what.get_string(text)) return report_error(text);
  report_error(value::from(what).to_string());
}

}  // namespace socketio::core
