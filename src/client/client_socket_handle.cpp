// The public handle client_socket.
#include "client/on_shard.hpp"
#include "client/socket_state.hpp"
#include "core/posted_bytes.hpp"
#include "core/receiver_in_transit.hpp"

#include <utility>

namespace socketio {
namespace {

using client_side::add_listener, client_side::on_shard, client_side::socket_state;

}  // namespace

namespace client_side {

listener_id next_listener_id() noexcept {
  static std::atomic<listener_id> last{0};
  return ++last;
}

}  // namespace client_side

std::string client_socket::id() const { return impl_ ? impl_->id() : std::string(); }
bool client_socket::connected() const noexcept {
  return impl_ && impl_->connected() && !impl_->ended();
}
bool client_socket::active() const noexcept { return impl_ && impl_->active() && !impl_->ended(); }
bool client_socket::recovered() const noexcept { return impl_ && impl_->recovered(); }
const std::string& client_socket::nsp_name() const noexcept {
  static const std::string none;
  return impl_ ? impl_->nsp() : none;
}

const client_socket& client_socket::connect() const {
  on_shard(impl_, [](socket_state& to) { to.connect(); });
  return *this;
}
const client_socket& client_socket::disconnect() const {
  on_shard(impl_, [](socket_state& to) { to.disconnect(); });
  return *this;
}
void client_socket::set_auth(auth_source what) const {
  on_shard(impl_, [what = std::move(what)](socket_state& to) { to.set_auth(what); });
}

void client_socket::off() const {
  if (impl_) impl_->events.clear();
}
void client_socket::off(std::string_view event) const {
  if (impl_) impl_->events.remove_if([&](const auto& each) { return each.event == event; });
}
void client_socket::off(listener_id id) const {
  if (impl_) impl_->remove_listener(id);
}
std::size_t client_socket::listener_count(std::string_view event) const {
  return impl_ ? impl_->events.count(event) : 0;
}

listener_id client_socket::on_connect(detail::callback<> handler) const {
  return add_listener(impl_, &socket_state::connects, std::move(handler).take());
}
listener_id client_socket::on_disconnect(detail::callback<const client_disconnect&> handler) const {
  return add_listener(impl_, &socket_state::disconnects, std::move(handler).take());
}
listener_id client_socket::on_connect_error(
    detail::callback<const connect_failure&> handler) const {
  return add_listener(impl_, &socket_state::connect_errors, std::move(handler).take());
}
listener_id client_socket::on_invalid(
    detail::callback<std::string_view, std::string_view> handler) const {
  return add_listener(impl_, &socket_state::invalid, std::move(handler).take());
}
listener_id client_socket::on_any(any_listener handler) const {
  return add_listener(impl_, &socket_state::any, std::move(handler).take());
}
listener_id client_socket::prepend_any(any_listener handler) const {
  return add_listener(impl_, &socket_state::any, std::move(handler).take(), true);
}
void client_socket::off_any() const {
  if (impl_) impl_->any.clear();
}
std::size_t client_socket::listeners_any() const { return impl_ ? impl_->any.count() : 0; }
listener_id client_socket::on_any_outgoing(any_listener handler) const {
  return add_listener(impl_, &socket_state::any_outgoing, std::move(handler).take());
}
listener_id client_socket::prepend_any_outgoing(any_listener handler) const {
  return add_listener(impl_, &socket_state::any_outgoing, std::move(handler).take(), true);
}
void client_socket::off_any_outgoing() const {
  if (impl_) impl_->any_outgoing.clear();
}
std::size_t client_socket::listeners_any_outgoing() const {
  return impl_ ? impl_->any_outgoing.count() : 0;
}

std::vector<buffered_event> client_socket::buffered() const {
  return impl_ ? impl_->buffered() : std::vector<buffered_event>();
}
std::size_t client_socket::buffered_bytes() const { return impl_ ? impl_->buffered_bytes() : 0; }
void client_socket::clear_buffer() const {
  on_shard(impl_, [](socket_state& to) { to.clear_buffers(errc::refused); });
}

namespace {

detail::detached run_to_end(std::shared_ptr<client_side::outlet> out, task<> work) {
  try {
    co_await work;
  } catch (...) {
    out->report("start", std::current_exception());
  }
}

}  // namespace

bool client_socket::start(task<> work) const {
  if (!impl_ || impl_->ended()) return false;
  auto run = [out = impl_->out(), kept = std::make_shared<task<>>(std::move(work))] {
    out->run("start", [out, kept] { run_to_end(out, std::move(*kept)); });
  };
  if (impl_->shard()->on_thread()) return run(), true;
  return impl_->shard()->post(std::move(run));
}

namespace detail {

namespace {

// An event on its way from another thread.
struct in_transit {
  in_transit(std::shared_ptr<const kept_event> event, std::unique_ptr<ack_receiver> receiver,
             std::unique_ptr<client_side::admission> room)
      : what(std::move(event)), answer(std::move(receiver)), place(std::move(room)) {}
  const std::shared_ptr<const kept_event> what;
  core::receiver_in_transit<ack_receiver> answer;
  const std::unique_ptr<client_side::admission> place;  // none for volatile ones
};

bool refuse_elsewhere(const std::shared_ptr<socket_state>& impl,
                      std::shared_ptr<ack_receiver> told) {
  if (told)
    impl->shard()->post([told, out = impl->out()] {
      out->run("acknowledgement", [told] { told->on_failure(errc::refused); });
    });
  return false;
}

}  // namespace

bool emit_to(const client_target& to, payload& what, std::unique_ptr<ack_receiver> answer) {
  const auto& impl = to.socket;
  if (!impl) {
    if (answer) answer->on_failure(errc::disconnected);
    return false;
  }
  if (impl->shard()->on_thread()) return impl->emit(what, to.flags, std::move(answer));
  if (impl->ended()) return false;
  const std::size_t bytes = core::posted_bytes(what);
  std::unique_ptr<client_side::admission> place;
  if (!to.flags.is_volatile && !(place = impl->admit(bytes)))
    return refuse_elsewhere(impl, std::move(answer));
  // std::function must be copyable, hence shared.
  auto sent = std::make_shared<in_transit>(keep(what), std::move(answer), std::move(place));
  auto send = [impl, sent, flags = to.flags] {
    with_kept(*sent->what, [&](payload& again) {
      impl->emit(again, flags, sent->answer.take(), sent->place != nullptr);
    });
  };
  const auto outcome = impl->shard()->post_event(std::move(send), bytes);
  if (outcome == post_outcome::refused) return refuse_elsewhere(impl, sent->answer.take());
  return outcome == post_outcome::queued;
}

listener_id add_client_handler(const std::shared_ptr<client_side::socket_state>& to,
                               std::string_view event, std::shared_ptr<handler> what, bool once,
                               bool first) {
  check_client_event(event);
  const listener_id id = client_side::next_listener_id();
  if (to) to->events.add(id, event, std::move(what), once, first);
  return id;
}

}  // namespace detail
}  // namespace socketio
