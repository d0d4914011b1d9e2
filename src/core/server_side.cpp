#include "core/server_side.hpp"

#include "core/delivery.hpp"
#include "core/hub.hpp"
#include "core/parsing.hpp"
#include "socketio/detail/handler.hpp"

#include <array>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace socketio {
namespace core {
namespace {

// Where the answer goes, also after the handler has returned; the first counts (SS-06). Any thread.
class server_answer final : public detail::ack_slot {
 public:
  server_answer(std::shared_ptr<nsp> of, std::function<void(value)> to, std::string event)
      : of_(std::move(of)), to_(std::move(to)), event_(std::move(event)) {}

  // Of several values the first one: a server has one answer (SS-02).
  void send(detail::payload& answer) override {
    if (taken_.exchange(true)) return;
    const value all = tree_of(answer.text(), answer.attachments());
    to_(all.as_array() && !all.as_array()->empty() ? all[0] : value());
  }
  void send_error(std::string_view code, std::string_view message) override {
    if (taken_.exchange(true)) return;
    to_(value::map(
        {{"error", value::map({{"code", std::string(code)}, {"message", std::string(message)}})}}));
  }
  void report(std::exception_ptr what) override {
    of_->report(std::move(what), event_);
    send_error("internal_error", "the handler failed");
  }

 private:
  const std::shared_ptr<nsp> of_;
  const std::function<void(value)> to_;
  const std::string event_;
  std::atomic<bool> taken_{false};
};

class server_call final : public detail::event_call {
 public:
  // `nobody` stands for the socket; no handler takes it.
  server_call(const socketio::socket& nobody, std::string_view event, const input& packet_arguments,
              std::shared_ptr<server_answer> to, bool asked)
      : event_call(nobody, event, packet_arguments, asked), to_(std::move(to)) {}
  void send(detail::payload& answer) override {
    if (wants_ack) to_->send(answer);
  }
  void send_error(std::string_view code, std::string_view message) override {
    if (wants_ack) to_->send_error(code, message);
  }
  std::shared_ptr<detail::ack_slot> slot() override { return to_; }

 private:
  std::shared_ptr<server_answer> to_;
};

// On the first shard.
void run_server_side(nsp& part, const value& event, const std::function<void(value)>& answer) {
  const value::array* const all = event.as_array();
  const std::string* const name = all && !all->empty() ? (*all)[0].as_string() : nullptr;
  if (!name) return;
  const auto none = [](const value&) {};
  const auto to =
      std::make_shared<server_answer>(part.shared_from_this(), answer ? answer : none, *name);
  const socketio::socket nobody;
  server_call call(nobody, *name, detail::input_of(event), to, answer != nullptr);
  part.server_side.dispatch(*name, [&](const std::shared_ptr<detail::handler>& handler) {
    part.guard(*name, [&] {
      try {
        if (handler->invoke(handler, call)) return;
      } catch (...) {
        call.send_error("internal_error", "the handler failed");
        throw;
      }
      const detail::argument_mismatch& at = call.mismatch;
      const invalid_arguments what{*name, at.index, at.got, at.missing, at.wanted};
      call.send_error("invalid_arguments", what.text());
      throw std::invalid_argument("server side: " + what.text());
    });
  });
}

}  // namespace

void deliver_server_side(nsp_group& to, const broadcast_packet& what,
                         std::function<void(value)> answer) {
  on_shards(to, only(0),
            [event = tree_of(what.arguments, what.attachments),
             answer = std::move(answer)](nsp& part) { run_server_side(part, event, answer); });
}

}  // namespace core

namespace detail {

void check_server_side_event(std::string_view name) {
  for (const std::string_view reserved : {"connect", "connection", "new_namespace"})
    if (name == reserved)
      throw std::invalid_argument("\"" + std::string(name) + "\" is a reserved event name");
}

void server_side_emit(const std::shared_ptr<core::nsp>& from, payload& what,
                      std::unique_ptr<broadcast_receiver> answers) {
  core::nsp_group& all = from->group();
  all.adapter().server_side_emit(
      {what.text(), what.attachments()},
      answers ? std::make_shared<server_answers>(all, std::move(answers)) : nullptr);
}

listener_id add_server_side_handler(const std::shared_ptr<core::nsp>& to, std::string_view event,
                                    std::shared_ptr<handler> what, bool once) {
  const listener_id id = core::next_listener_id();
  core::on_shards(to->group(), core::only(0),
                  [id, event = std::string(event), what = std::move(what), once](core::nsp& of) {
                    of.server_side.add(id, event, what, once, false);
                  });
  return id;
}

}  // namespace detail
}  // namespace socketio
