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
bool client_socket::connected() const noexcept { return impl_ && impl_->connected(); }
bool client_socket::active() const noexcept { return impl_ && impl_->active(); }
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

listener_id client_socket::on_connect(std::function<void()> handler) const {
  return add_listener(impl_, &socket_state::connects, std::move(handler));
}
listener_id client_socket::on_disconnect(
    std::function<void(const client_disconnect&)> handler) const {
  return add_listener(impl_, &socket_state::disconnects, std::move(handler));
}
listener_id client_socket::on_connect_error(
    std::function<void(const connect_failure&)> handler) const {
  return add_listener(impl_, &socket_state::connect_errors, std::move(handler));
}
listener_id client_socket::on_invalid(
    std::function<void(std::string_view, std::string_view)> handler) const {
  return add_listener(impl_, &socket_state::invalid, std::move(handler));
}
listener_id client_socket::on_any(any_listener handler) const {
  return add_listener(impl_, &socket_state::any, std::move(handler));
}
listener_id client_socket::prepend_any(any_listener handler) const {
  return add_listener(impl_, &socket_state::any, std::move(handler), true);
}
void client_socket::off_any() const {
  if (impl_) impl_->any.clear();
}
std::size_t client_socket::listeners_any() const { return impl_ ? impl_->any.count() : 0; }
listener_id client_socket::on_any_outgoing(any_listener handler) const {
  return add_listener(impl_, &socket_state::any_outgoing, std::move(handler));
}
listener_id client_socket::prepend_any_outgoing(any_listener handler) const {
  return add_listener(impl_, &socket_state::any_outgoing, std::move(handler), true);
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

namespace detail {

bool emit_to(const client_target& to, payload& what, std::unique_ptr<ack_receiver> answer) {
  const auto& impl = to.socket;
  if (!impl) {
    if (answer) answer->on_failure(errc::disconnected);
    return false;
  }
  if (impl->shard()->on_thread()) return impl->emit(what, to.flags, std::move(answer));
  auto kept = keep(what);
  // std::function must be copyable, hence shared.
  auto sent_later = std::make_shared<core::receiver_in_transit<ack_receiver>>(std::move(answer));
  auto send = [impl, kept, flags = to.flags, sent_later] {
    with_kept(*kept, [&](payload& again) { impl->emit(again, flags, sent_later->take()); });
  };
  const auto outcome = impl->shard()->post_event(std::move(send), core::posted_bytes(what));
  if (outcome == post_outcome::refused)
    if (std::shared_ptr<ack_receiver> told = sent_later->take())
      impl->shard()->post([told, out = impl->out()] {
        out->run("acknowledgement", [told] { told->on_failure(errc::refused); });
      });
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
