// A library that was built without TLS says so. Linked with tls_none.cpp alone.
#include "net/tls_context.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace socketio::net {
namespace {

TEST(TlsNone, SaysThatItIsNotBuiltIn) {
  try {
    make_tls_context({.certificate = "chain.pem", .key = "key.pem"});
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(
        std::string(error.what()),
        "tls: this library was built without TLS; build it with OpenSSL and -DSOCKETIO_TLS=ON");
  }
}

}  // namespace
}  // namespace socketio::net
