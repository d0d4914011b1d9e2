// A client that sends more than it may (SD-25, SD-26): what becomes of the packet, and who is told.
// Only reached when there are limits. Tested by tests/unit/core/client_limits_test.cpp and
// tests/integration/rate_limit_test.cpp.
#include "core/client.hpp"
#include "core/client_limits.hpp"
#include "core/hub.hpp"
#include "core/socket.hpp"

#include <chrono>
#include <string>

namespace socketio::core {
namespace {

std::string_view text_name(const wire::packet& packet) {
  input::walk walk(packet.payload);
  input first;
  std::string_view name;
  if (walk.next(first)) first.get_string(name);
  return name;
}

std::int64_t whole_seconds(duration wait) {
  return std::chrono::ceil<std::chrono::seconds>(wait).count();
}

}  // namespace

// True: the packet must not be served.
bool client::throttled(const wire::packet& packet, socket* to) {
  const time_point now = hub_.shard().now();
  const bool is_event = packet.type == wire::packet_type::event;
  const std::string_view name =
      is_event && limits()->knows_events() ? text_name(packet) : std::string_view();
  const auto over = is_event ? limits()->on_event(name, now) : limits()->on_ack(now);
  if (!over) return false;
  const bool harmless =
      over->action == limit_action::drop || over->action == limit_action::error_acknowledgement;
  if (!is_event && harmless) return false;
  tell_limited(*over, packet.nsp, is_event ? text_name(packet) : "");
  switch (over->action) {
    case limit_action::delay:
      if (link_) link_->pause_reading(hub_.shard().exact_now() + over->wait);
      return false;
    case limit_action::error_acknowledgement:
      if (to && packet.id)
        to->send_error_answer(
            *packet.id, "rate_limited",
            "too much at once, try again in " + std::to_string(whole_seconds(over->wait)) + " s");
      return true;
    case limit_action::disconnect:
      close(cause::rate_limited, "more " + std::string(to_string(over->limit)) + " than allowed");
      return true;
    case limit_action::drop:
    case limit_action::refuse: break;
  }
  return true;
}

// True: the namespace must not be joined now. The connection goes on.
bool client::connect_throttled(std::string_view nsp_name) {
  const auto over = limits()->on_connect(hub_.shard().now());
  if (!over) return false;
  tell_limited(*over, nsp_name, {});
  send_refusal(nsp_name, R"({"message":"too many connects","data":{"retryAfter":)" +
                             std::to_string(whole_seconds(over->wait)) + "}}");
  return true;
}

void client::tell_limited(const client_limits::excess& over, std::string_view nsp,
                          std::string_view event) {
  hub_.counters()
      .limited[static_cast<std::size_t>(over.limit)][static_cast<std::size_t>(over.action)]
      .add();
  const std::uint64_t count = limits()->tell(hub_.shard().now());
  if (count == 0 || !hub_.on_rate_limited) return;
  rate_limited what;
  what.limit = over.limit;
  what.action = over.action;
  what.address = info_->address();
  what.sid = info_->sid();
  what.nsp = nsp;
  what.event = event;
  what.retry_after = std::chrono::ceil<milliseconds>(over.wait);
  what.count = count;
  hub_.guard("on_rate_limited", [&] { hub_.on_rate_limited(what); });
}

}  // namespace socketio::core
