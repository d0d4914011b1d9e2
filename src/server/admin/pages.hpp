// The pages that are connected to one shard: what they are told when they come, and how much may
// wait for them. Whoever does not keep up misses events; when he has caught up he is told of all
// sockets again, so that his picture is right. Shard only.
#pragma once

#include "core/nsp.hpp"
#include "server/admin/context.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace socketio::admin {

class pages final : public core::nsp::gate {
 public:
  // Calls back on the shard, now or later.
  using gather_function = std::function<void(std::function<void(value::array)>)>;
  pages(const context& of, unsigned shard, gather_function gather)
      : of_(of), shard_(shard), gather_(std::move(gather)) {}

  void add(const std::shared_ptr<core::socket>& who);
  void remove(const core::socket& who) { pages_.erase(&who); }
  void all_fall_behind();  // something did not even come to this shard

 private:
  struct page {
    std::shared_ptr<core::socket> socket;
    bool behind = false;   // has missed something
    bool waiting = false;  // for all sockets; what comes meanwhile is kept
    std::vector<std::vector<wire::frame>> kept;
    std::size_t kept_bytes = 0;
  };

  bool admits(core::socket& to, std::span<const wire::frame> group) override;
  void keep(page& of, std::span<const wire::frame> group);
  void tell_all_sockets(page& to);
  void on_gathered(page& to, value::array all);
  void fall_behind(page& which);
  void look_again(const std::weak_ptr<core::socket>& whose);
  page* find(const std::weak_ptr<core::socket>& whose);

  const context& of_;
  const unsigned shard_;
  const gather_function gather_;
  std::unordered_map<const core::socket*, page> pages_;
};

// The features of the Admin UI that this server offers, for the event `config`.
value::array features_of(const context& of);

}  // namespace socketio::admin
