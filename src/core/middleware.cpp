// What of the middlewares' types need not be compiled by every user.
#include "socketio/middleware.hpp"

#include <atomic>
#include <utility>

namespace socketio {

connect_error::connect_error(std::string message, std::optional<value> data)
    : message_(std::move(message)), data_(std::move(data)) {}
connect_error::connect_error(const connect_error&) = default;
connect_error::connect_error(connect_error&&) noexcept = default;
connect_error& connect_error::operator=(const connect_error&) = default;
connect_error& connect_error::operator=(connect_error&&) noexcept = default;
connect_error::~connect_error() = default;

struct next_fn::state {
  explicit state(std::function<void(std::optional<connect_error>)> what) : go(std::move(what)) {}
  void run(std::optional<connect_error> why) {
    if (called.test_and_set()) return;
    const auto call = std::move(go);
    call(std::move(why));
  }
  std::function<void(std::optional<connect_error>)> go;
  std::atomic_flag called;
};

next_fn::next_fn(std::function<void(std::optional<connect_error>)> go)
    : go_(std::make_shared<state>(std::move(go))) {}
void next_fn::operator()() const { go_->run(std::nullopt); }
void next_fn::operator()(connect_error why) const { go_->run(std::move(why)); }
void next_fn::operator()(const std::string& message) const { go_->run(connect_error(message)); }

}  // namespace socketio
