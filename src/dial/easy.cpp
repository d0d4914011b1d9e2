// Handles and options of libcurl. See easy.hpp; failures are in easy_failure.cpp, URLs and headers
// in easy_url.cpp.
#include "dial/easy.hpp"

#include "dial/start.hpp"

#include <algorithm>
#include <array>
#include <curl/curl.h>
#include <new>
#include <string_view>

namespace socketio::dial {

// Thread-safe by the language; libcurl's own initialisation is not in all versions.
void start_libcurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::bad_alloc();
}

namespace {

// Servers close idle connections, Node.js after 5 seconds. A request that crosses that is lost.
constexpr long kept_seconds_max = 4;

// Collects the first option that this libcurl does not take.
class options_of {
 public:
  explicit options_of(void* handle) noexcept : handle_(handle) {}

  template <class Value>
  void set(CURLoption which, Value value, const char* name) {
    if (failed_) return;
    const CURLcode code = curl_easy_setopt(handle_, which, value);
    if (code == CURLE_OK) return;
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
    failed_ = failure{trouble::bad_url, std::string(name) + " cannot be set in this libcurl (" +
                                            curl_version_info(CURLVERSION_NOW)->version + ", " +
                                            curl_version_info(CURLVERSION_NOW)->ssl_version +
                                            "): " + curl_easy_strerror(code)};
  }
  void set_text(CURLoption which, const std::string& value, const char* name) {
    if (!value.empty()) set(which, value.c_str(), name);
  }
  // PEM itself, or the name of a file.
  void set_pem(CURLoption file, CURLoption blob, const std::string& value, const char* name) {
    if (value.empty()) return;
    if (value.find("-----BEGIN") == std::string::npos) return set(file, value.c_str(), name);
    curl_blob copied{const_cast<char*>(value.data()), value.size(), CURL_BLOB_COPY};
    set(blob, &copied, name);
  }
  std::optional<failure> failed() && { return std::move(failed_); }

 private:
  void* handle_;
  std::optional<failure> failed_;
};

std::string joined(const std::vector<std::string>& all) {
  std::string list;
  for (const std::string& one : all) list.append(list.empty() ? "" : ";").append(one);
  return list;
}

// An https:// proxy is verified as the server is.
void set_tls(options_of& to, const client_tls_options& tls) {
  const long peer = tls.verify ? 1 : 0;
  const long host = tls.verify ? 2 : 0;
  to.set(CURLOPT_SSL_VERIFYPEER, peer, "tls.verify");
  to.set(CURLOPT_SSL_VERIFYHOST, host, "tls.verify");
  to.set(CURLOPT_PROXY_SSL_VERIFYPEER, peer, "tls.verify");
  to.set(CURLOPT_PROXY_SSL_VERIFYHOST, host, "tls.verify");
  if (!tls.authorities.empty()) {  // these and not the system's
    to.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr), "tls.authorities");
    to.set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr), "tls.authorities");
    to.set_pem(CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB, tls.authorities, "tls.authorities");
    to.set_pem(CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAINFO_BLOB, tls.authorities, "tls.authorities");
  }
  to.set_pem(CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB, tls.certificate, "tls.certificate");
  to.set_pem(CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB, tls.key, "tls.key");
  to.set_text(CURLOPT_KEYPASSWD, tls.key_password, "tls.key_password");
  to.set_text(CURLOPT_PINNEDPUBLICKEY, joined(tls.pinned_keys), "tls.pinned_keys");
  to.set_text(CURLOPT_SSL_CIPHER_LIST, tls.ciphers, "tls.ciphers");
  to.set_text(CURLOPT_TLS13_CIPHERS, tls.cipher_suites, "tls.cipher_suites");
  const long least = tls.tls1_3_only ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2;
  to.set(CURLOPT_SSLVERSION, least, "tls.tls1_3_only");
}

long resolved_as(ip_family family) noexcept {
  switch (family) {
    case ip_family::v4: return CURL_IPRESOLVE_V4;
    case ip_family::v6: return CURL_IPRESOLVE_V6;
    case ip_family::any: break;
  }
  return CURL_IPRESOLVE_WHATEVER;
}

}  // namespace

easy::easy() : handle_((start_libcurl(), curl_easy_init())) {
  if (!handle_) throw std::bad_alloc();
}
easy::~easy() { curl_easy_cleanup(handle_); }

std::optional<failure> easy::apply(const dial_options& options) {
  options_of to(handle_);
  to.set(CURLOPT_ERRORBUFFER, error_.data(), "an error buffer");
  to.set(CURLOPT_NOSIGNAL, 1L, "no signals");
  to.set(CURLOPT_MAXAGE_CONN, kept_seconds_max, "the age of connections");
  to.set(CURLOPT_QUICK_EXIT, 1L, "quick exit");  // a slow name server holds up no destructor
  to.set(CURLOPT_PROTOCOLS_STR, "http,https", "protocols");
  to.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1), "HTTP/1.1");
  to.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L, "the headers of proxies");
  to.set(CURLOPT_NOPROXY, "", "no proxies of the environment");
  to.set(CURLOPT_PROXY, options.proxy.c_str(), "proxy");  // empty: not that of the environment
  to.set_text(CURLOPT_INTERFACE, options.local_address, "local_address");
  to.set_text(CURLOPT_UNIX_SOCKET_PATH, options.unix_socket, "unix_socket");
  to.set(CURLOPT_IPRESOLVE, resolved_as(options.family), "family");
  to.set(CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, static_cast<long>(options.happy_eyeballs_delay.count()),
         "happy_eyeballs_delay");
  set_tls(to, options.tls);
  return std::move(to).failed();
}

// A proxy without a scheme is an http:// one for libcurl, and an unknown one no proxy at all.
std::optional<failure> check_options(const dial_options& options) {
  if (auto wrong = easy().apply(options)) return wrong;
  if (options.proxy.empty()) return std::nullopt;
  constexpr std::array<std::string_view, 6> known = {"http",    "https",  "socks4",
                                                     "socks4a", "socks5", "socks5h"};
  const std::string_view proxy = options.proxy;
  const std::size_t end = proxy.find("://");
  const bool is_known =
      end != proxy.npos && std::ranges::find(known, proxy.substr(0, end)) != known.end();
  if (is_known && end + 3 < proxy.size()) return std::nullopt;
  // Its password is nobody's business.
  const std::size_t at = proxy.rfind('@');
  const std::string shown(at == proxy.npos ? proxy : proxy.substr(at + 1));
  return failure{trouble::bad_url,
                 "proxy is \"" + shown +
                     "\", but must be an URL with http, https, socks4, socks4a, socks5 or socks5h"};
}

}  // namespace socketio::dial
