#include "socketio/error.hpp"

#include <string>

namespace socketio {
namespace {

class library_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "socketio"; }
  std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::timed_out: return "operation has timed out";
      case errc::disconnected: return "socket has been disconnected";
      case errc::invalid_answer: return "the acknowledgement does not fit the expected type";
      case errc::refused:
        return "the event was refused: the send queue or the list of pending acknowledgements is "
               "full";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const library_category instance;
  return instance;
}

}  // namespace socketio
