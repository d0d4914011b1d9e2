// Which namespaces a client enters: those that exist at once, others when a parent says so (NS-02,
// NS-03).
#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/namespace_check.hpp"
#include "core/nsp_group.hpp"
#include "core/older_client.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace socketio::core {

void client::on_connect(const wire::packet& packet) {
  if (is_older()) return join(older::nsp_of(packet.nsp), older::auth_of(packet.nsp));
  join(packet.nsp, packet.json);
}

void client::join(std::string_view nsp_name, std::string_view auth) {
  const logger& log = *hub_.shard().log;
  if (log.debugs(debug_name::client)) [[unlikely]]
    log.debug(debug_name::client, "asks for a namespace",
              {{"sid", info_->sid()}, {"nsp", nsp_name}, {"address", info_->address()}});
  if (find(nsp_name) || checks(nsp_name))  // Q-03: also while that is still being decided
    return close(cause::duplicate_connect, "\"" + std::string(nsp_name) + "\" is joined already");
  if (sockets_.size() + (rare_ ? rare_->checks.size() : 0) >=
      hub_.options().namespaces_per_client_max)
    return close(cause::too_many_namespaces,
                 "more than " + std::to_string(hub_.options().namespaces_per_client_max) +
                     " namespaces on one connection");
  if (limits() && connect_throttled(nsp_name)) return;
  nsp* const target = hub_.find(nsp_name);
  if (target && target->group().enter()) return target->connect(*this, auth);
  check_name(nsp_name, auth);
}

// ---- names that do not exist yet (NS-02, NS-03)

void client::check_name(std::string_view name, std::string_view auth) {
  auto parents = hub_.all().parents();
  // Patterns are run on what the peer says: its length has a limit.
  if (!parents || name.size() > hub_.options().namespace_name_bytes_max)
    return refuse_name(name, "Invalid namespace");
  const auto check = std::make_shared<namespace_check>(*this, hub_, name, auth, std::move(parents));
  more().checks.push_back(check);
  check->run();
}

void client::on_allowed(const namespace_check& which, const std::shared_ptr<parent>& by) {
  const auto alive = forget_check(which);
  if (!link_) return;
  const std::string& name = which.name();
  namespaces::child child;
  hub_.guard("adapter", [&] { child = hub_.all().enter_child(name, by); });
  if (child.why == namespaces::entry::full) {
    hub_.counters().namespaces_refused.add();
    return refuse_name(name, "Too many namespaces");
  }
  if (!child.group) return refuse_name(name, "Invalid namespace");
  if (!link_) return child.group->leave();  // a listener of on_new_namespace has closed it
  hub_.know(*child.group).connect(*this, which.auth_text());
}

void client::on_not_allowed(const namespace_check& which) {
  const auto alive = forget_check(which);
  if (link_) refuse_name(which.name(), "Invalid namespace");
}

// The connection goes on (NS-03, K-08).
void client::refuse_name(std::string_view nsp_name, std::string_view why) {
  send_refusal(nsp_name, R"({"message":")" + std::string(why) + R"("})");
}

// Without a socket: there is none.
void client::send_refusal(std::string_view nsp_name, std::string_view json) {
  hub_.counters().refused_total.add();
  auto& group = hub_.scratch_group();
  hub_.encode(wire::packet_type::connect_error, nsp_name, std::nullopt, json, {},
              wire::frame_class::control, group);
  if (!group.empty()) link_->send(group);
  group.clear();
}

bool client::checks(std::string_view nsp_name) const noexcept {
  return rare_ && std::ranges::any_of(rare_->checks,
                                      [&](const auto& one) { return one->name() == nsp_name; });
}

// It ends with what is returned.
std::shared_ptr<const namespace_check> client::forget_check(const namespace_check& which) noexcept {
  if (!rare_) return {};
  const auto found =
      std::ranges::find(rare_->checks, &which, [](const auto& one) { return one.get(); });
  if (found == rare_->checks.end()) return {};
  std::shared_ptr<const namespace_check> forgotten = std::move(*found);
  rare_->checks.erase(found);
  return forgotten;
}

void client::abandon_checks() noexcept {
  if (!rare_) return;
  for (const auto& one : std::exchange(rare_->checks, {})) one->abandon();
}

}  // namespace socketio::core
