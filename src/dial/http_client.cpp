// See http_client.hpp. What becomes of one request is in http_call.cpp.
#include "dial/http_client.hpp"

#include "dial/http_client_inside.hpp"

#include <utility>

namespace socketio::dial {
namespace {

// A GET that waits and a POST beside it, and what comes between.
constexpr long connections_kept = 4;
constexpr std::size_t handles_kept = 4;

}  // namespace

http_client::inside::inside(reactor& on_reactor, dial_options chosen)
    : on(on_reactor),
      options(std::move(chosen)),
      transfers(std::in_place, on_reactor, connections_kept) {}

std::unique_ptr<easy> http_client::inside::take_easy(std::optional<failure>& wrong) {
  if (!resting.empty()) {
    auto one = std::move(resting.back());
    resting.pop_back();
    one->clear_error();
    return one;
  }
  auto made = std::make_unique<easy>();
  wrong = made->apply(options);
  return made;
}

// It lets go of libcurl.
void http_client::inside::release(call& over) noexcept {
  over.cancel();
  if (std::exchange(over.added, false)) transfers->remove(*over.handle);
}

// `then` may destroy the client: this call is not its any more.
void http_client::inside::finish(call& over, http_outcome outcome) {
  const auto self = shared_from_this();
  release(over);
  const auto node = calls.extract(over.number);
  if (!over.ended && resting.size() < handles_kept) resting.push_back(std::move(over.handle));
  const done then = std::move(over.then);
  then(std::move(outcome));
}

http_client::http_client(reactor& on, const dial_options& options)
    : inside_(std::make_shared<inside>(on, options)) {}

http_client::~http_client() {
  for (auto& [number, one] : inside_->calls) inside_->release(*one);
  inside_->calls.clear();
  inside_->transfers.reset();
}

std::uint64_t http_client::start(http_call asked, done then) {
  const std::uint64_t number = ++inside_->last;
  auto made = std::make_unique<inside::call>(*inside_, number, std::move(asked), std::move(then));
  inside::call& one = *inside_->calls.emplace(number, std::move(made)).first->second;
  try {
    one.begin();
  } catch (...) {
    cancel(number);
    throw;
  }
  return number;
}

void http_client::cancel(std::uint64_t which) noexcept {
  const auto found = inside_->calls.find(which);
  if (found == inside_->calls.end()) return;
  inside_->release(*found->second);
  const auto node = inside_->calls.extract(found);
}

std::size_t http_client::pending() const noexcept { return inside_->calls.size(); }

}  // namespace socketio::dial
