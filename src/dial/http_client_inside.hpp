// The inside of dial::http_client: one `call` for each request under way.
#pragma once

#include "dial/easy.hpp"
#include "dial/http_client.hpp"
#include "dial/multi.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace socketio::dial {

struct http_client::inside final : std::enable_shared_from_this<inside> {
  inside(reactor& on, dial_options chosen);

  // A request under way. Its timer is its deadline; of one that could not even begin it expires at
  // once.
  struct call final : transfer, timer {
    call(inside& owner, std::uint64_t of_number, http_call request, done told_then);
    void begin();
    void prepare();
    void on_transfer_done(int code) override;
    void on_expired(time_point due) override;
    // For libcurl; 0: it shall end the transfer.
    bool may_send();
    std::size_t take_header(std::string_view line);
    std::size_t take_body(std::string_view bytes);
    failure why(int code) const;

    inside& of;
    const std::uint64_t number;
    const http_call asked;
    done then;
    target to;
    std::unique_ptr<easy> handle;
    header_list headers;
    http_answer answer;
    std::size_t head_bytes = 0;
    std::optional<failure> ended;  // for a reason that libcurl does not know
    bool sent = false;
    bool head_complete = false;
    bool added = false;
  };

  std::unique_ptr<easy> take_easy(std::optional<failure>& wrong);
  void release(call& over) noexcept;
  void finish(call& over, http_outcome outcome);

  reactor& on;
  const dial_options options;
  std::optional<multi> transfers;  // until the client goes, which the reactor outlives
  std::unordered_map<std::uint64_t, std::unique_ptr<call>> calls;
  std::vector<std::unique_ptr<easy>> resting;
  std::uint64_t last = 0;
};

}  // namespace socketio::dial
