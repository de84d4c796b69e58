#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

template <typename T> static T sum(const std::vector<T> &all)
{
	T total{};
	for (const auto &one : all)
		total += one;
	return total;
}

int main()
{
	std::map<std::string, std::vector<int>> numbers{{"odd", {1, 3, 5}}, {"even", {2, 4}}};
	for (const auto &[name, all] : numbers)
		std::printf("%s %d\n", name.c_str(), sum(all));
	try {
		throw std::runtime_error("thrown " + std::to_string(numbers.size()));
	} catch (const std::exception &e) {
		std::puts(e.what());
	}
}
