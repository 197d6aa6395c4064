"""The words of the platform."""

#: How devices are written, and which device each spelling is.
DEVICES = {
    "Mobile": "mobile",
    "mobile": "mobile",
    "MOBILE ": "mobile",
    "iPhone": "mobile",
    "Android Phone": "mobile",
    "smartphone": "mobile",
    "Tablet": "tablet",
    "iPad": "tablet",
    "tablet": "tablet",
    "Desktop": "desktop",
    "desktop": "desktop",
    "Web": "desktop",
    "laptop": "desktop",
    "Smart TV": "tv",
    "smart_tv": "tv",
    "SmartTV": "tv",
    "TV": "tv",
    "Fire TV": "tv",
    "Chromecast": "tv",
    "PlayStation": "console",
    "Xbox": "console",
    "console": "console",
    "": "other",
    "fridge": "other",
}
REGIONS = ("North", "South", "East", "West", "Central", "North East", "Île-de-France", "São Paulo")
PLANS = ("Free", "Basic", "Standard", "Premium")
AGE_GROUPS = ("under 18", "18-24", "25-34", "35-44", "45-54", "55+")
GENRES = ("Drama", "Comedy", "Action", "Thriller", "Romance", "Documentary", "Sports", "Kids", "Sci-Fi")
LANGUAGES = ("hi", "en", "ta", "te", "bn", "fr", "pt")
CONTENT_TYPES = ("movie", "episode", "live")
FIRST_NAMES = ("Asha", "Ravi", "Meera", "José", "Anaïs", "Chen", "Noor", "Olu", "Zoë", "Kiran", "Lena", "Sam")
LAST_NAMES = ("Rao", "Sharma", "O'Neil", "García", "Müller", "Singh", "Iyer", "Khan", "Das", "Li", "Nair", "Smith, Jr.")
ADJECTIVES = ("Silent", "Golden", "Last", "Broken", "Hidden", "Burning", "Second", "Paper", "Endless", "Little")
NOUNS = ("River", "Monsoon", "Promise", "City", "Kingdom", "Letter", "Storm", "Garden", "Signal", "Summer")
ENDINGS = ("", "", "", "", ", Part 2", ' "Uncut"', " — Live", " 🎬", ": The Return", "\nSpecial Edition")
