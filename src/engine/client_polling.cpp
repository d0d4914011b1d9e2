// The polling transport: one GET that waits, one POST at a time. See client_session.hpp.
#include "engine/client_session.hpp"
#include "wire/engine_packet.hpp"
#include "wire/payload.hpp"

#include <string>
#include <utility>

namespace socketio::engine {
namespace {

transport_failure wrong_status(unsigned status, std::string_view body) {
  std::string detail = "status " + std::to_string(status);
  if (!body.empty()) (detail += ": ") += body.substr(0, 200);
  return {connect_cause::http_status, std::move(detail), status};
}

}  // namespace

void client_session::poll() {
  polling_ = true;
  act({.what = client_action::kind::get, .query = query(transport::polling, !sid_.empty())});
}

void client_session::on_answer(unsigned status, std::string body, time_point now) {
  if (state_ == state::closed || !polling_) return;
  if (status != 200) {
    polling_ = false;
    return fail("xhr poll error", wrong_status(status, body));
  }
  body_ = std::move(body);
  records_ = body_;
  taking_records_ = true;
  records_at_ = now;
}

void client_session::on_poll_failed(transport_failure why) {
  if (!std::exchange(polling_, false) || state_ == state::closed) return;
  fail("xhr poll error", std::move(why));
}

// One packet per call: between two of them the application may have closed the session.
void client_session::take_records(time_point now) {
  if (state_ == state::closed) {
    taking_records_ = false;
    return;
  }
  const std::string_view record = wire::next_record(records_);
  const bool last = records_.data() == nullptr;
  on_packet(record, now);
  // Unless the packet has ended the transport.
  if (last && std::exchange(taking_records_, false)) after_records();
}

void client_session::after_records() {
  if (state_ == state::closed) return;
  polling_ = false;
  if (upgrading()) return finish_upgrade_if_paused();
  poll();
}

// As many packets as the server takes in one body, and at least one (CM-33).
std::string client_session::next_payload() {
  constexpr auto format = wire::payload_format::revision_4;
  std::string payload;
  while (!queue_.empty()) {
    const wire::frame& next = queue_.front();
    const std::size_t more = wire::record_bytes(format, next.packet(), next.is_binary());
    if (!payload.empty() && max_payload_ > 0 && payload.size() + 1 + more > max_payload_) break;
    wire::append_record(format, next.packet(), next.is_binary(), payload);
    queued_bytes_ -= next.size();
    posted_bytes_ += next.size();
    queue_.pop_front();
  }
  return payload;
}

void client_session::on_posted(unsigned status) {
  if (!std::exchange(posting_, false) || state_ == state::closed) return;
  posted_bytes_ = 0;
  if (status != 200) return fail("xhr post error", wrong_status(status, {}));
  if (upgrading()) return finish_upgrade_if_paused();
  flush();
  drained();
}

void client_session::on_post_failed(transport_failure why) {
  if (!std::exchange(posting_, false) || state_ == state::closed) return;
  fail("xhr post error", std::move(why));
}

}  // namespace socketio::engine
