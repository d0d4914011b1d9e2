// What a socket can be asked, and what recovery tells it.
#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/older_client.hpp"
#include "core/parsing.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"

namespace socketio::core {

handshake socket::make_handshake() const {
  handshake all;
  all.headers = info_->headers();
  all.time = javascript_date(issued_ms_);
  all.address = info_->address();
  all.xdomain = info_->xdomain();
  all.secure = info_->secure();
  all.client_certificate = info_->client_certificate();
  all.issued_ms = issued_ms_;
  all.url = info_->url();
  const auto question = all.url.find('?');
  if (question != std::string::npos) all.query = http_query(all.url.substr(question));
  all.custom = info_->custom();
  const auto auth =
      extras_ ? std::string_view(extras_->said).substr(id_bytes_) : std::string_view();
  all.auth = auth_tree(auth);
  return all;
}

http_request socket::request() const { return info_->request(); }

value& socket::data() {
  shared_data* found = data_.load(std::memory_order_acquire);
  if (found) return found->what;
  data_reference made(new shared_data);
  if (!data_.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel))
    return found->what;
  return made.release()->what;
}

const value* socket::data_if_any() const noexcept {
  const shared_data* const found = data_.load(std::memory_order_acquire);
  return found ? &found->what : nullptr;
}

data_reference socket::share_data() const noexcept {
  shared_data* const found = data_.load(std::memory_order_acquire);
  if (found) found->references.fetch_add(1, std::memory_order_relaxed);
  return data_reference(found);
}

// ---- told by recovery

void socket::set_recovery(std::unique_ptr<recovery_state> made) {
  if (!extras_) extras_ = std::make_unique<extras>();
  extras_->recovery = std::move(made);
}

void socket::go_on_as(const session_id& id, data_reference data) {
  id_ = id;
  const data_reference before(data_.exchange(data.release(), std::memory_order_acq_rel));
}

void socket::was_in_since(std::string_view room, std::uint64_t number) noexcept {
  for (membership& in : memberships)
    if (in.room && in.room->name == room) in.room->joined[in.index] = number;
}

bool socket::recovered() const noexcept {
  return recovery() && bool(*recovery()->shown.load(std::memory_order_acquire));
}

recovery_result socket::what_became() const {
  if (recovery()) return *recovery()->shown.load(std::memory_order_acquire);
  if (is_older() && nsp_->recovery())
    return {recovery_outcome::older_client, "clients of revision 3 cannot ask for their session"};
  return {};
}

std::size_t socket::queued_bytes() const noexcept {
  return client_ && client_->over() ? client_->over()->queued_bytes() : 0;
}

const std::string& socket::nsp_name() const noexcept { return nsp_->name(); }
const std::shared_ptr<executor>& socket::shard() const noexcept { return nsp_->shard(); }

}  // namespace socketio::core
