// What libcurl says when something fails, in our words. See easy.hpp.
#include "base/text.hpp"
#include "dial/easy.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <system_error>

namespace socketio::dial {
namespace {

long number_of(const easy& of, CURLINFO which) {
  long value = 0;
  curl_easy_getinfo(of.handle(), which, &value);
  return value;
}

// Without the name and the password in it.
std::string place_of_proxy(const std::string& proxy) {
  const std::size_t scheme = proxy.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = proxy.rfind('@');
  return proxy.substr(at != std::string::npos && at >= begin ? at + 1 : begin);
}

bool is_socks(const dial_options& options) {
  return lower_case(options.proxy).starts_with("socks");
}

const char* words_of_socks(long code) noexcept {
  switch (code) {
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE: return "it failed";
    case CURLPX_REPLY_NOT_ALLOWED: return "it does not allow that";
    case CURLPX_REPLY_NETWORK_UNREACHABLE: return "the network is unreachable";
    case CURLPX_REPLY_HOST_UNREACHABLE: return "the host is unreachable";
    case CURLPX_REPLY_CONNECTION_REFUSED: return "connection refused";
    case CURLPX_REPLY_TTL_EXPIRED: return "the host is too far away";
    case CURLPX_NO_AUTH:
    case CURLPX_USER_REJECTED: return "it refuses our name and password";
    case CURLPX_CLOSED: return "it closed the connection";
    case CURLPX_BAD_VERSION: return "it does not speak SOCKS5";
    default: return nullptr;
  }
}

failure socks_failure(const easy& of, int code, const dial_options& options, const target& to) {
  const char* const known = words_of_socks(number_of(of, CURLINFO_PROXY_ERROR));
  return {trouble::proxy, "SOCKS proxy " + place_of_proxy(options.proxy) + ": no connection to " +
                              to.place + ": " + (known ? known : words_of_libcurl(of, code))};
}

failure connect_failure(const easy& of, const dial_options& options, const target& to,
                        int socket_errno) {
  const bool by_proxy = !options.proxy.empty();
  std::string place = by_proxy ? "proxy " + place_of_proxy(options.proxy) : to.place;
  if (!options.unix_socket.empty()) place = options.unix_socket;
  long error = number_of(of, CURLINFO_OS_ERRNO);
  if (error == 0) error = socket_errno;
  std::string why = " failed";
  if (error == ECONNREFUSED)
    why = " refused";
  else if (error != 0)
    why = ": " + lower_case(std::generic_category().message(static_cast<int>(error)));
  return {by_proxy ? trouble::proxy : trouble::connect, "connect to " + place + why};
}

failure tls_failure(const easy& of, int code, const target& to) {
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return {trouble::tls,
            "TLS: certificate of " + to.host + " refused: " + words_of_libcurl(of, code)};
  if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
    return {trouble::tls, "TLS: public key of " + to.host + " is none of tls.pinned_keys"};
  return {trouble::tls, "TLS: " + words_of_libcurl(of, code)};
}

// A tunnel that the proxy does not want to make ends in a code that says something else.
bool proxy_refused(const easy& of, const dial_options& options, long& status) {
  if (options.proxy.empty() || is_socks(options)) return false;
  status = number_of(of, CURLINFO_HTTP_CONNECTCODE);
  return status >= 300;
}

}  // namespace

// Without what stands in front of the thing itself.
std::string words_of_libcurl(const easy& of, int code) {
  std::string text(of.error());
  if (text.empty()) text = curl_easy_strerror(static_cast<CURLcode>(code));
  for (const std::string_view lead : {"SSL certificate problem: ", "SSL: ", "OpenSSL "}) {
    if (text.starts_with(lead)) text.erase(0, lead.size());
  }
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
  // "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number"
  if (const auto words = text.rfind("::");
      text.find("error:") != std::string::npos && words != std::string::npos)
    text.erase(0, words + 2);
  if (text == "wrong version number") text += ": does the server speak TLS?";
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  if (text.size() > 1 && lower(text[1]) == text[1]) text[0] = lower(text[0]);
  return text;
}

failure why_it_failed(const easy& of, int code, const dial_options& options, const target& to,
                      int socket_errno) {
  if (!options.proxy.empty() && of.error().find("CONNECT") != std::string_view::npos &&
      number_of(of, CURLINFO_HTTP_CONNECTCODE) < 300)
    return {trouble::proxy, "HTTP proxy " + place_of_proxy(options.proxy) + ": no connection to " +
                                to.place + ": " + words_of_libcurl(of, code)};
  if (long status = 0; proxy_refused(of, options, status)) {
    return {trouble::proxy,
            "HTTP proxy " + place_of_proxy(options.proxy) + " answered " + std::to_string(status) +
                " instead of connecting to " + to.place,
            static_cast<unsigned>(status)};
  }
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_UNKNOWN_OPTION: return {trouble::bad_url, words_of_libcurl(of, code)};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {trouble::resolve, "no address of " + to.host + ": " + words_of_libcurl(of, code)};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {trouble::proxy, "no address of proxy " + place_of_proxy(options.proxy)};
    case CURLE_PROXY: return socks_failure(of, code, options, to);
    case CURLE_INTERFACE_FAILED:
      return {trouble::connect,
              "connect from " + options.local_address + ": " + words_of_libcurl(of, code)};
    case CURLE_COULDNT_CONNECT: return connect_failure(of, options, to, socket_errno);
    case CURLE_OPERATION_TIMEDOUT: return {trouble::timeout, words_of_libcurl(of, code)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS: return tls_failure(of, code, to);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, which is anything
    case CURLE_WRITE_ERROR:  // ours name what is wrong themselves; else it cannot be decoded
    case CURLE_BAD_CONTENT_ENCODING: return {trouble::protocol, words_of_libcurl(of, code)};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:  // in TLS 1.3 a server may refuse us when we think that all is well
      if (of.error().find("alert") != std::string_view::npos) return tls_failure(of, code, to);
      [[fallthrough]];
    default: return {trouble::lost, to.place + ": " + words_of_libcurl(of, code)};
  }
}

}  // namespace socketio::dial
