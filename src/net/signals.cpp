// See signals.hpp.
#include "net/signals.hpp"

#include "net/loop_impl.hpp"

#include <boost/asio/signal_set.hpp>

#include <utility>

namespace socketio::net {

struct signal_watch::impl : std::enable_shared_from_this<impl> {
  impl(loop& on, std::function<void(int)> what)
      : shard(on), set(on.internals().context), told(std::move(what)) {}

  void wait() {
    set.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
      if (error) return;  // cancelled: the watch or the loop ends
      self->shard.internals().begin_turn();
      if (self->told) self->told(number);
      self->wait();
    });
  }

  loop& shard;
  asio::signal_set set;
  std::function<void(int)> told;
};

signal_watch::signal_watch(loop& shard, std::initializer_list<int> signals,
                           std::function<void(int)> told)
    : impl_(std::make_shared<impl>(shard, std::move(told))) {
  boost::system::error_code
      ignored;  // an invalid number is a mistake that shows as a signal not caught
  for (const int number : signals) impl_->set.add(number, ignored);
  impl_->wait();
}

signal_watch::~signal_watch() {
  impl_->told = nullptr;
  boost::system::error_code ignored;
  impl_->set.cancel(ignored);
}

}  // namespace socketio::net
