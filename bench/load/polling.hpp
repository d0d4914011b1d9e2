// The polling half of a session, one request at a time: over one HTTP connection, or over a new one
// for each request.

#pragma once

#include "settings.hpp"
#include "stream.hpp"
#include "wire.hpp"

#include <string_view>

namespace load {

class polling final : public stream {
 public:
  class listener {
   public:
    virtual ~listener() = default;
    virtual void on_response(std::uint32_t index, std::string_view body) = 0;
  };

  polling(event_loop& loop, listener& owner, std::uint32_t index, const settings& settings)
      : stream(loop), owner_(owner), index_(index), settings_(settings) {}

  void begin() {
    connect(settings_.port);
    request();
  }
  void request(std::string_view sid = {}, std::string_view body = {}) {
    if (!settings_.keep_alive && !sid.empty()) {
      close();
      connect(settings_.port);
    }
    out_ += wire::polling_request(sid, body);
  }

 private:
  std::size_t on_bytes(std::string_view bytes) override {
    const auto response = wire::parse_response(bytes);
    if (!response) return 0;
    if (response->status != 200) {
      fail("a polling request was answered by %.*s", static_cast<int>(bytes.size()), bytes.data());
    }
    owner_.on_response(index_, response->body);
    return response->bytes;
  }

  void on_end() override { fail("the server closed a polling connection"); }

  listener& owner_;
  std::uint32_t index_;
  const settings& settings_;
};

}  // namespace load
