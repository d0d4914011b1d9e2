// The acknowledgements that a socket waits for: each settles exactly once, with the answer or with
// why there is none (ACK-12, ACK-13, CS-15 to CS-17). Reactor only.
//
// Who is told: the application, through the outlet, or the retry queue, which is one of us and is
// told here and now.
#pragma once

#include "base/executor.hpp"
#include "client/outlet.hpp"
#include "socketio/detail/payload.hpp"
#include "socketio/value.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace socketio::client_side {

// Of one acknowledgement, whoever it is.
class answer_sink {
 public:
  virtual ~answer_sink() = default;
  virtual void on_answer(const input& arguments) = 0;
  virtual void on_failure(errc why) = 0;
};

// What the application waits with. Settles once; what was never settled is destroyed with the
// receiver, which resumes a coroutine with errc::disconnected.
class user_answer final : public answer_sink {
 public:
  user_answer(std::shared_ptr<outlet> out, std::unique_ptr<detail::ack_receiver> what)
      : out_(std::move(out)), receiver_(std::move(what)) {}
  void on_answer(const input& arguments) override;
  void on_failure(errc why) override;

 private:
  std::shared_ptr<outlet> out_;
  std::shared_ptr<detail::ack_receiver> receiver_;
};

class ack_table {
 public:
  // `on_timeout` is told of an id before it is settled.
  ack_table(executor& shard, std::function<void(std::uint64_t)> on_timeout)
      : shard_(shard), on_timeout_(std::move(on_timeout)) {}

  std::uint64_t next_id() noexcept { return next_id_++; }
  std::size_t size() const noexcept { return pending_.size(); }
  void expect(std::uint64_t id, std::unique_ptr<answer_sink> answer,
              std::optional<milliseconds> timeout, bool buffered);
  void sent(std::uint64_t id);  // it was buffered, and is no more
  // False: nobody waits for it (ACK-04).
  bool settle(std::uint64_t id, const input& arguments);
  void fail(std::uint64_t id, errc why);
  // Those that were sent; what waits in the buffer goes on waiting.
  void fail_sent(errc why);

 private:
  struct pending final : timer {
    pending(ack_table& of, std::uint64_t named) : table(of), id(named) {}
    void on_expired(time_point) override;
    ack_table& table;
    const std::uint64_t id;
    std::unique_ptr<answer_sink> answer;
    bool buffered = false;
  };
  std::unique_ptr<pending> take(std::uint64_t id);

  executor& shard_;
  std::function<void(std::uint64_t)> on_timeout_;
  std::unordered_map<std::uint64_t, std::unique_ptr<pending>> pending_;
  std::uint64_t next_id_ = 0;
};

}  // namespace socketio::client_side
