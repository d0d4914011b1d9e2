// A loop on its own thread and a listener on an ephemeral port of 127.0.0.1, whose service is a
// lambda of the test. The test thread plays the client; what belongs to the shard is looked at
// through on_shard().
#pragma once

#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"
#include "support/raw_client.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace socketio::test {

// Whether `holds` becomes true soon; asks again and again, without assuming how long it takes.
template <class Predicate>
bool eventually(Predicate holds) {
  const auto deadline = clock::now() + std::chrono::seconds(5);
  while (!holds()) {
    if (clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

// Values that happen on the shard and are awaited by the test.
template <class T>
class mailbox {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  // nullopt when nothing comes within five seconds.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    const auto filled = [this] { return !values_.empty(); };
    if (!changed_.wait_for(lock, std::chrono::seconds(5), filled)) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return values_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

class shard_thread {
 public:
  shard_thread() : shard_(std::make_shared<net::loop>()), thread_([this] { shard_->run(); }) {}
  ~shard_thread() { stop(); }

  net::loop& shard() noexcept { return *shard_; }
  // Runs `work` on the shard and waits for it.
  template <class Work>
  auto on_shard(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto done = task.get_future();
    shard_->post([&task] { task(); });
    return done.get();
  }
  void stop() {
    if (!thread_.joinable()) return;
    shard_->stop();
    thread_.join();
  }

 private:
  std::shared_ptr<net::loop> shard_;
  std::thread thread_;
};

class server_fixture : public ::testing::Test, public net::http_service {
 protected:
  // Call first; `limits` and the handler are set before.
  void serve() {
    thread_.emplace();
    listener_.emplace(thread_->shard(), *this, limits, nullptr, tls.get());
    const std::error_code error =
        thread_->on_shard([this] { return listener_->listen("127.0.0.1", 0); });
    ASSERT_FALSE(error) << error.message();
    port = thread_->on_shard([this] { return listener_->port(); });
  }
  void TearDown() override {
    if (!thread_) return;
    if (listener_) stop_listening();
    thread_.reset();
  }
  void stop_listening() {
    thread_->on_shard([this] { listener_.reset(); });
  }

  // The same on the shard itself.
  void stop_listening_here() { listener_.reset(); }

  template <class Work>
  auto on_shard(Work work) {
    return thread_->on_shard(std::move(work));
  }
  net::loop& shard() { return thread_->shard(); }
  net::listener& listener() { return *listener_; }
  net::http_counters counters() {
    return on_shard([this] { return listener_->counters(); });
  }
  std::size_t connections() {
    return on_shard([this] { return listener_->connections(); });
  }
  bool all_connections_end() {
    return eventually([this] { return connections() == 0; });
  }

  // Runs on the shard.
  std::function<void(std::shared_ptr<net::exchange>)> handler;
  net::http_limits limits;
  std::unique_ptr<net::tls_source> tls;  // plain without
  std::uint16_t port = 0;

 private:
  void on_request(std::shared_ptr<net::exchange> request) override { handler(std::move(request)); }

  std::optional<shard_thread> thread_;
  std::optional<net::listener> listener_;
};

}  // namespace socketio::test
