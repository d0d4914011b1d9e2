// Who the client is, by what trusted proxies say (HD-15, SD-50).
#include "net/trusted_proxies.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace socketio::net {
namespace {

const std::vector<std::string> ours = {"10.0.0.0/8", "unix:", "::1"};

// "address", "address:port" or either with " secure" behind it.
std::string client(const http_headers& headers, std::string peer = "10.0.0.1",
                   proxy_header by = proxy_header::x_forwarded, bool secure = false) {
  http_request request;
  request.remote_address = std::move(peer);
  request.remote_port = 1;
  request.secure = secure;
  request.headers = headers;
  trusted_proxies(ours, by).apply(request);
  return request.remote_address + ":" + std::to_string(request.remote_port) +
         (request.secure ? " secure" : "");
}

std::string for_(const char* list) { return client({{"X-Forwarded-For", list}}); }
std::string forwarded(const char* list) {
  return client({{"Forwarded", list}}, "10.0.0.1", proxy_header::forwarded);
}

TEST(TrustedProxies, nobody_else_is_believed) {
  const http_headers lies = {{"X-Forwarded-For", "1.1.1.1"},
                             {"X-Forwarded-Proto", "https"},
                             {"Forwarded", "for=1.1.1.1;proto=https"}};
  EXPECT_EQ(client(lies, "192.0.2.7"), "192.0.2.7:1");
  EXPECT_EQ(client(lies, "192.0.2.7", proxy_header::forwarded), "192.0.2.7:1");
  EXPECT_EQ(client(lies, "::2"), "::2:1");
  EXPECT_EQ(client(lies, ""), "1.1.1.1:0 secure");
  EXPECT_EQ(client(lies, "::1"), "1.1.1.1:0 secure");
  EXPECT_EQ(client(lies, "::ffff:10.9.9.9"), "1.1.1.1:0 secure");
  http_request request;
  request.headers = lies;
  trusted_proxies({}, proxy_header::x_forwarded).apply(request);
  EXPECT_EQ(request.remote_address, "");
}

TEST(TrustedProxies, the_list_is_read_from_its_end_to_the_first_stranger) {
  EXPECT_EQ(for_("192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(for_("6.6.6.6, 192.0.2.1"), "192.0.2.1:0") << "the client wrote the first";
  EXPECT_EQ(for_("6.6.6.6, 192.0.2.1, 10.3.3.3 ,10.2.2.2"), "192.0.2.1:0");
  EXPECT_EQ(for_("10.4.4.4, 10.3.3.3"), "10.4.4.4:0") << "all are ours: the first began";
  EXPECT_EQ(for_("2001:db8::1, 10.3.3.3"), "2001:db8::1:0");
  EXPECT_EQ(for_("192.0.2.1:4711"), "192.0.2.1:4711");
  EXPECT_EQ(for_("[2001:db8::1]:4711"), "2001:db8::1:4711");
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "192.0.2.1"}}),
            "192.0.2.1:0")
      << "fields of the same name are one list";
}

TEST(TrustedProxies, what_is_no_address_ends_at_the_proxy_that_says_so) {
  EXPECT_EQ(for_("unknown"), "10.0.0.1:1");
  EXPECT_EQ(for_(""), "10.0.0.1:1");
  EXPECT_EQ(for_("1.1.1.1, unknown, 10.3.3.3"), "10.3.3.3:0");
  EXPECT_EQ(for_("1.1.1.1, , 10.3.3.3"), "10.3.3.3:0");
  EXPECT_EQ(for_("1.1.1.1,"), "10.0.0.1:1");
  EXPECT_EQ(for_("[::1"), "10.0.0.1:1");
  EXPECT_EQ(for_("1.1.1.1:99999"), "1.1.1.1:0");
}

TEST(TrustedProxies, the_protocol_belongs_to_the_client) {
  const auto with = [](const char* nodes, const char* protocols) {
    return client({{"X-Forwarded-For", nodes}, {"X-Forwarded-Proto", protocols}});
  };
  EXPECT_EQ(with("1.1.1.1", "https"), "1.1.1.1:0 secure");
  EXPECT_EQ(with("1.1.1.1", "HTTPS"), "1.1.1.1:0 secure");
  EXPECT_EQ(with("1.1.1.1", "http"), "1.1.1.1:0");
  EXPECT_EQ(with("1.1.1.1, 10.3.3.3", "https, http"), "1.1.1.1:0 secure");
  EXPECT_EQ(with("6.6.6.6, 1.1.1.1", "https, http"), "1.1.1.1:0");
  EXPECT_EQ(with("1.1.1.1, 10.3.3.3", "https"), "1.1.1.1:0 secure");
  EXPECT_EQ(client({{"X-Forwarded-Proto", "https"}}), "10.0.0.1:1 secure");
  EXPECT_EQ(client({}, "10.0.0.1", proxy_header::x_forwarded, true), "10.0.0.1:1 secure");
  EXPECT_EQ(client({{"X-Forwarded-Proto", "http"}}, "10.0.0.1", proxy_header::x_forwarded, true),
            "10.0.0.1:1");
}

// RFC 7239, sections 4 and 6.
TEST(TrustedProxies, forwarded_has_parameters_and_quotes) {
  EXPECT_EQ(forwarded("for=192.0.2.43"), "192.0.2.43:0");
  EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17:4711");
  EXPECT_EQ(forwarded("for=192.0.2.60;proto=https;by=203.0.113.43"), "192.0.2.60:0 secure");
  EXPECT_EQ(forwarded("for=6.6.6.6, for=192.0.2.60;Proto=https, for=10.1.1.1;proto=http"),
            "192.0.2.60:0 secure");
  EXPECT_EQ(forwarded("for=\"_gazonk\""), "10.0.0.1:1");
  EXPECT_EQ(forwarded("by=\"a,b;c\\\"\";for=192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(forwarded("for=\"192.0.2.1, for=1.1.1.1"), "10.0.0.1:1") << "a quote without an end";
  EXPECT_EQ(forwarded("for"), "10.0.0.1:1");
}

TEST(TrustedProxies, only_one_of_the_two_fields_is_read) {
  const http_headers both = {{"X-Forwarded-For", "1.1.1.1"}, {"Forwarded", "for=2.2.2.2"}};
  EXPECT_EQ(client(both), "1.1.1.1:0");
  EXPECT_EQ(client(both, "10.0.0.1", proxy_header::forwarded), "2.2.2.2:0");
}

TEST(TrustedProxies, names_what_it_cannot_read) {
  try {
    trusted_proxies({"10.0.0.0/8", "my-proxy"}, proxy_header::x_forwarded);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("\"my-proxy\""), std::string::npos);
  }
}

}  // namespace
}  // namespace socketio::net
