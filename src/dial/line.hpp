// A connection that libcurl makes and that is ours from then on: through proxies, over TLS or not.
//
// What is plain leaves libcurl when it is there: then it costs a descriptor and nothing else. What
// is sealed needs libcurl for every byte, and has a `multi` of its own, because libcurl closes
// connections that it thinks nobody uses when it makes others.
#pragma once

#include "dial/easy.hpp"
#include "dial/multi.hpp"
#include "dial/reactor.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace socketio::dial {

// Each call may destroy the line.
class line_user {
 public:
  virtual void on_line_open() = 0;
  virtual void on_line_failed(failure why) = 0;  // while it was made
  virtual void on_line_ready(bool readable, bool writable) = 0;

 protected:
  ~line_user() = default;
};

class line final : private transfer, private watcher {
 public:
  line(reactor& on, const dial_options& options, line_user& user) noexcept
      : on_(on), options_(options), user_(user) {}
  ~line() override { close(); }
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  // What fails at once is returned, nobody is called inside.
  std::optional<failure> dial(target to);
  void want(bool read, bool write);  // once it is open
  // Before close(): unread bytes would make the kernel reset the connection, and the peer may lose
  // what it has not read yet.
  void throw_away_input() noexcept;
  void close() noexcept;

  // Without waiting. `again`: nothing now, on_line_ready() will tell.
  struct moved {
    enum class outcome : std::uint8_t { some, again, ended, failed };
    outcome what;
    std::size_t bytes = 0;
    std::string why = {};  // it failed
  };
  moved receive(std::span<char> into);
  // What was offered when it said `again` must be offered again, at the same place in memory and
  // with nothing taken away: a sealed record may be under way.
  moved send(std::string_view bytes);
  // Then more may be there although the descriptor cannot be read: receive until `again`.
  bool sealed() const noexcept { return handle_ != nullptr; }

 private:
  void on_transfer_done(int code) override;
  void on_ready(bool readable, bool writable) override;
  int take_descriptor();

  reactor& on_;
  const dial_options& options_;
  line_user& user_;
  target to_;
  std::unique_ptr<multi> transfers_;
  std::unique_ptr<easy> handle_;
  int descriptor_ = -1;
  bool watched_ = false;
};

}  // namespace socketio::dial
