// All namespaces of a server, by name, whatever the shards: those that the application has named,
// and those that clients have made below a parent. Any thread.
#pragma once

#include "socketio/parent_nsp.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {
class adapter;
struct adapter_context;
}  // namespace socketio

namespace socketio::core {

class hub;
class nsp_group;
class parent;

struct namespace_options {
  std::size_t dynamic_max = 10'000;  // children of parents, beyond which clients make no more
  bool cleanup_empty_children = false;
  std::function<std::unique_ptr<adapter>(const adapter_context&)> make_adapter;
};

class namespaces {
 public:
  namespaces();
  ~namespaces();
  namespaces(const namespaces&) = delete;
  namespaces& operator=(const namespaces&) = delete;

  // One hub per shard, in their order, before the first namespace is made. They outlive this.
  void add(hub& one) { hubs_.push_back(&one); }
  namespace_options options;  // set before the first namespace is made

  // The namespace of that full name ("/chat"), made on first use, below the first parent whose
  // pattern matches if there is one (NS-05). After close_all() one that is closed already. Throws
  // what the factory of adapters throws.
  std::shared_ptr<nsp_group> of(std::string_view full_name);
  std::shared_ptr<nsp_group> find(std::string_view full_name) const;  // nullptr: there is none
  std::vector<std::shared_ptr<nsp_group>> list() const;               // without parents

  // ---- parents (NS-02)
  using parent_list = std::vector<std::shared_ptr<parent>>;
  std::shared_ptr<parent> add_parent(detail::namespace_check check,
                                     std::function<bool(std::string_view)> pattern);
  std::shared_ptr<const parent_list> parents() const;  // as registered; nullptr: there is none

  enum class entry { allowed, full, closed };
  struct child {
    entry why = entry::closed;
    std::shared_ptr<nsp_group> group;  // which somebody has entered by now; when allowed
  };
  // For a client whom `of` has allowed the name; what has come into being meanwhile is used
  // (NS-04).
  child enter_child(std::string_view full_name, const std::shared_ptr<parent>& of);
  // Of a child that is empty (NS-15).
  void remove(nsp_group& vanished);

  // From now on nothing is made any more. What there is, for each shard to close its part.
  std::vector<std::shared_ptr<nsp_group>> close_all();
  // Once the adapters of all these have closed; by whatever thread.
  void when_closed(std::function<void()> done);

 private:
  struct newborn {
    std::shared_ptr<nsp_group> group;
    bool closed;  // because the server is
  };
  newborn make(std::string_view full_name, const std::shared_ptr<parent>& of, bool entered);
  static void announce(const std::shared_ptr<nsp_group>& made);
  std::shared_ptr<parent> parent_for(std::string_view full_name) const;

  std::vector<hub*> hubs_;
  // Held while a namespace is made, which runs code of the application: the factory of adapters may
  // name another one.
  std::recursive_mutex making_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<nsp_group>, std::less<>> all_;
  std::shared_ptr<const parent_list> parents_;
  std::size_t children_ = 0;
  bool closed_ = false;
};

}  // namespace socketio::core
