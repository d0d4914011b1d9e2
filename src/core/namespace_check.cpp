#include "core/namespace_check.hpp"

#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/parent.hpp"
#include "core/parsing.hpp"

#include <atomic>
#include <utility>

namespace socketio::core {

namespace_check::namespace_check(client& from, hub& owner, std::string_view name,
                                 std::string_view auth,
                                 std::shared_ptr<const namespaces::parent_list> parents)
    : from_(&from),
      owner_(owner),
      shard_(owner.shared_shard()),
      name_(name),
      auth_text_(auth),
      parents_(std::move(parents)) {}

// A loop, and not a call from on_answer() to the next: there may be many parents.
void namespace_check::run() {
  const auto alive = shared_from_this();
  while (from_) {
    if (next_ == parents_->size()) return from_->on_not_allowed(*this);
    asking_ = true;
    answered_ = false;
    ask(*(*parents_)[next_++]);
    asking_ = false;
    if (!answered_) return;  // on_answer() goes on
  }
}

void namespace_check::ask(parent& which) {
  const allow_fn next([self = shared_from_this()](bool allow, std::exception_ptr failure) {
    if (self->shard_->on_thread()) return self->on_answer(allow, std::move(failure));
    self->shard_->post(
        [self, allow, failure = std::move(failure)] { self->on_answer(allow, failure); });
  });
  try {
    const value auth = auth_tree(auth_text_);
    const activity::scope running(&shard_->running, {"namespace check", {}});
    which.check(name_, auth, next);
  } catch (...) {
    next.failed(std::current_exception());
  }
}

void namespace_check::on_answer(bool allow, std::exception_ptr failure) {
  if (!from_) return;
  if (failure) owner_.report(failure, "namespace check");
  answered_ = true;
  if (allow && !failure)
    return std::exchange(from_, nullptr)->on_allowed(*this, (*parents_)[next_ - 1]);
  if (!asking_) run();
}

}  // namespace socketio::core

namespace socketio {

struct allow_fn::state {
  explicit state(std::function<void(bool, std::exception_ptr)> what) : go(std::move(what)) {}
  void run(bool allow, std::exception_ptr why) {
    if (called.test_and_set()) return;
    const auto call = std::move(go);
    call(allow, std::move(why));
  }
  std::function<void(bool, std::exception_ptr)> go;
  std::atomic_flag called;
};

allow_fn::allow_fn(std::function<void(bool, std::exception_ptr)> go)
    : go_(std::make_shared<state>(std::move(go))) {}
void allow_fn::operator()(bool allow) const { go_->run(allow, nullptr); }
void allow_fn::failed(std::exception_ptr why) const { go_->run(false, std::move(why)); }

namespace detail {

namespace {
detached run_check(task<bool> work, allow_fn next) {
  try {
    next(co_await work);
  } catch (...) {
    next.failed(std::current_exception());
  }
}
}  // namespace

void run_namespace_task(task<bool> work, allow_fn next) {
  run_check(std::move(work), std::move(next));
}

}  // namespace detail
}  // namespace socketio
