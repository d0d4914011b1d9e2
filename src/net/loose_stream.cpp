#include "net/loose_stream.hpp"

#include "net/tls_session.hpp"

#include <unistd.h>
#include <utility>

namespace socketio::net {

loose_stream::loose_stream(int owned) noexcept : descriptor(owned) {}
loose_stream::loose_stream(int owned, std::unique_ptr<tls_session> over) noexcept
    : descriptor(owned), tls(std::move(over)) {}
loose_stream::loose_stream(loose_stream&& other) noexcept
    : descriptor(std::exchange(other.descriptor, -1)), tls(std::move(other.tls)) {}
loose_stream::~loose_stream() {
  if (descriptor >= 0) ::close(descriptor);
}

}  // namespace socketio::net
