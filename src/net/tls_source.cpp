#include "net/tls_context.hpp"

#include <utility>

namespace socketio::net {

tls_source::tls_source(tls_options options)
    : handshake_timeout(options.handshake_timeout),
      handshakes_max(options.handshakes_max),
      options_(std::move(options)),
      current_(make_tls_context(options_)) {}

std::shared_ptr<const tls_context> tls_source::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void tls_source::replace(tls_options options) {
  const std::lock_guard one_at_a_time(replacing_);
  replace_here(std::move(options));
}

void tls_source::reload() {
  const std::lock_guard one_at_a_time(replacing_);
  replace_here(options_);
}

// The old context is let go outside the lock: who accepts must not wait for that.
void tls_source::replace_here(tls_options options) {
  auto made = make_tls_context(options);
  options_ = std::move(options);
  const std::lock_guard lock(mutex_);
  current_.swap(made);
}

}  // namespace socketio::net
