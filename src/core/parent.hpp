// A parent namespace (NS-02 to NS-07): says which names clients may make, and what the namespaces
// that are made so, its children, begin with: the middlewares and handlers that it has by then. It
// is a namespace itself, under a name that no client can join.
//
// Any thread.
#pragma once

#include "core/nsp_group.hpp"
#include "socketio/parent_nsp.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::core {

class parent {
 public:
  // `pattern`: for names that the application itself makes (NS-05); empty for those that are
  // decided by a function.
  parent(std::shared_ptr<nsp_group> own, detail::namespace_check decides,
         std::function<bool(std::string_view)> pattern)
      : check(std::move(decides)), group_(std::move(own)), pattern_(std::move(pattern)) {}

  nsp_group& group() const noexcept { return *group_; }
  // What the pattern throws is reported and means no.
  bool matches(std::string_view name) const noexcept;

  std::vector<std::shared_ptr<nsp_group>> children() const;
  void add(const std::shared_ptr<nsp_group>& child);
  void remove(const nsp_group& child);

  const detail::namespace_check check;

 private:
  const std::shared_ptr<nsp_group> group_;
  const std::function<bool(std::string_view)> pattern_;
  mutable std::mutex mutex_;  // guards children_
  boost::unordered_flat_map<const nsp_group*, std::weak_ptr<nsp_group>> children_;
};

// What is emitted to a parent reaches all children of this server (NS-07). Asking them does not
// work, as in the official server: with an acknowledgement nobody is asked, and fetch_sockets()
// throws std::logic_error.
class parent_adapter final : public adapter {
 public:
  using adapter::adapter;
  void serve(std::weak_ptr<parent> whose) { whose_ = std::move(whose); }
  std::vector<std::shared_ptr<nsp_group>> children() const;

  bool broadcast(const broadcast_packet& what, const broadcast_options& to) override;
  void sockets(const broadcast_options& of,
               std::function<void(std::vector<std::string>)> done) override;
  void fetch_sockets(
      const broadcast_options& of,
      std::function<void(std::error_code, std::vector<remote_socket>)> done) override;
  void add_sockets(const broadcast_options& which, std::span<const std::string> rooms) override;
  void del_sockets(const broadcast_options& which, std::span<const std::string> rooms) override;
  void disconnect_sockets(const broadcast_options& which, bool close) override;

 private:
  template <class Work>
  void each_child(Work&& work) const;
  std::weak_ptr<parent> whose_;
};

}  // namespace socketio::core
