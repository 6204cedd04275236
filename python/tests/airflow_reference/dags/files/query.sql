select '{{ ds }}' from {{ params.name }}{% include 'files/part.sql' %}
