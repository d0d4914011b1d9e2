// One CONNECT for a name that nobody has named yet, on its way through the parents: the first one
// that allows it makes the namespace, what fails asks the next one (NS-03). Each may answer at once
// or later, on any thread.
//
// The client keeps it until it is decided, and says so when it goes away first. Shard only.
#pragma once

#include "base/executor.hpp"
#include "core/namespaces.hpp"

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace socketio::core {

class client;
class hub;

class namespace_check : public std::enable_shared_from_this<namespace_check> {
 public:
  // `auth`: as it is kept, see auth_tree().
  namespace_check(client& from, hub& owner, std::string_view name, std::string_view auth,
                  std::shared_ptr<const namespaces::parent_list> parents);

  void run();  // asks until somebody allows it, all have refused, or one takes its time
  void abandon() noexcept { from_ = nullptr; }

  const std::string& name() const noexcept { return name_; }
  const std::string& auth_text() const noexcept { return auth_text_; }

 private:
  void ask(parent& which);
  void on_answer(bool allow, std::exception_ptr failure);

  client* from_;  // nullptr: it is gone
  hub& owner_;
  const std::shared_ptr<executor> shard_;
  const std::string name_, auth_text_;  // a tree would be many times its bytes
  const std::shared_ptr<const namespaces::parent_list> parents_;
  std::size_t next_ = 0;
  bool asking_ = false;    // the call is under way
  bool answered_ = false;  // it has answered inside the call
};

}  // namespace socketio::core
