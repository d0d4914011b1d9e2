// The life of a websocket: what begins and what ends it, and who is told. See websocket.hpp.
#include "dial/websocket.hpp"

#include "base/text.hpp"
#include "dial/websocket_inside.hpp"
#include "wire/ws_client.hpp"

#include <algorithm>
#include <utility>

namespace socketio::dial {

websocket::inside::inside(reactor& reactor_of_ours, const dial_options& chosen,
                          websocket_request request, websocket_sink& told)
    : on(reactor_of_ours),
      options(chosen),
      asked(std::move(request)),
      sink(&told),
      connection(on, options, *this) {}

// What is wrong from the beginning is told by the timer, because nothing is told inside.
void websocket::inside::begin() {
  auto read = read_url(asked.url, true);
  if (auto* const wrong = std::get_if<failure>(&read))
    early = std::move(*wrong);
  else
    to = std::move(std::get<target>(read));
  if (!early) early = check_headers(asked.headers);
  for (const std::string& protocol : asked.protocols) {
    if (!early && !is_token(protocol))
      early =
          failure{trouble::bad_url, "\"" + protocol.substr(0, 200) + "\" is no name of a protocol"};
  }
  if (!early) early = connection.dial(to);
  const time_point begins = on.exact_now();
  if (early)
    on.timers().arm(*this, begins);
  else if (asked.handshake_timeout > milliseconds::zero())
    on.timers().arm(*this, deadline_after(begins, asked.handshake_timeout));
}

void websocket::inside::on_line_failed(failure why) {
  const auto self = shared_from_this();
  end();
  tell_closed(std::move(why));
}

void websocket::inside::on_line_ready(bool readable, bool writable) {
  const auto self = shared_from_this();
  // TLS may have to read before it can write.
  if (blocked && (writable || connection.sealed())) {
    blocked = false;
    connection.want(true, false);
    write();
  }
  if (readable && now != stage::over) read();
}

void websocket::inside::on_expired(time_point) {
  const auto self = shared_from_this();
  if (now == stage::leaving) return end();
  failure why = early ? std::move(*early)
                      : failure{trouble::timeout,
                                "no WebSocket of " + to.place + " within " +
                                    std::to_string(asked.handshake_timeout.count()) + " ms"};
  end();
  tell_closed(std::move(why));
}

// ---- the end

// Our close frame is in the output. The peer answers and ends the connection, or time does.
void websocket::inside::leave() {
  now = stage::leaving;
  backlog = more_inside = false;
  input = {};
  pong.reset();
  if (!on.attached()) on.attached() = std::make_unique<leaving_ones>();
  auto& all = static_cast<leaving_ones&>(*on.attached()).all;
  place = all.insert(all.end(), shared_from_this());
  listed = true;
  on.timers().arm(*this, deadline_after(on.exact_now(), asked.close_timeout));
  on.mark_dirty(*this);
}

// Whoever calls this holds the inside: the list may have been the last to do so.
void websocket::inside::end() noexcept {
  if (now == stage::over) return;
  if (now == stage::leaving) connection.throw_away_input();
  now = stage::over;
  cancel();
  on.forget(*this);
  connection.close();
  input = output = next = {};
  pong.reset();
  if (std::exchange(listed, false)) static_cast<leaving_ones&>(*on.attached()).all.erase(place);
  if (const auto told = std::exchange(left, nullptr)) told();
}

// The reactor goes, and they with it.
websocket::inside::leaving_ones::~leaving_ones() {
  for (const auto& one : all) {
    one->listed = false;
    one->end();
  }
}

void websocket::inside::tell_closed(failure why) {
  if (auto* const told = std::exchange(sink, nullptr)) told->on_websocket_closed(std::move(why));
}

void websocket::inside::lost(const std::string& why) {
  const bool shaking = now == stage::shaking;
  std::string detail = to.place + (shaking ? ": the connection ended in the opening handshake"
                                           : ": the connection ended without a close frame");
  if (!why.empty()) detail += ": " + why;
  end();
  tell_closed({trouble::lost, std::move(detail)});
}

// ---- the outside

websocket::websocket(reactor& on, const dial_options& options, websocket_request request,
                     websocket_sink& sink)
    : inside_(std::make_shared<inside>(on, options, std::move(request), sink)) {
  inside_->begin();
}

websocket::~websocket() {
  inside_->sink = nullptr;
  if (inside_->now != inside::stage::leaving) inside_->end();
}

void websocket::close(std::optional<std::uint16_t> code, std::function<void()> left) {
  const auto self = inside_;
  self->sink = nullptr;
  if (self->now == inside::stage::over) {
    if (left) left();
    return;
  }
  self->left = std::move(left);
  if (self->now == inside::stage::leaving) return;
  if (self->now != inside::stage::open) return self->end();
  wire::append_masked_close(code, {}, self->masks.next(), self->next);
  self->leave();
}

void websocket::abort() noexcept {
  const auto self = inside_;
  self->sink = nullptr;
  self->end();
}

bool websocket::is_open() const noexcept { return inside_->now == inside::stage::open; }

}  // namespace socketio::dial
