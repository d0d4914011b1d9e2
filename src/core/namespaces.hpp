// All namespaces of a server, by name, whatever the shards. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class hub;
class nsp_group;

class namespaces {
 public:
  namespaces();
  ~namespaces();
  namespaces(const namespaces&) = delete;
  namespaces& operator=(const namespaces&) = delete;

  // One hub per shard, in their order, before the first namespace is made. They outlive this.
  void add(hub& one) { hubs_.push_back(&one); }

  // The namespace of that full name ("/chat"), made on first use; `made` tells. After close_all()
  // one that is closed already.
  std::shared_ptr<nsp_group> of(std::string_view full_name, bool& made);
  std::shared_ptr<nsp_group> find(std::string_view full_name) const;  // nullptr: there is none

  std::vector<std::shared_ptr<nsp_group>> list() const;

  // From now on nothing is made any more. What there is, for each shard to close its part.
  std::vector<std::shared_ptr<nsp_group>> close_all();

 private:
  std::vector<hub*> hubs_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<nsp_group>, std::less<>> all_;
  bool closed_ = false;
};

}  // namespace socketio::core
